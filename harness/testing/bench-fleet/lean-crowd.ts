import { TimerWheel } from "#simulator/fleet/timer-wheel.ts";
import { type LeanSession, type LeanSessionListener, openLeanSession } from "#simulator/mqtt/lean-session.ts";
import { loopback } from "#testing/bench.ts";
import { type Crowd, nameOf } from "./crowd.ts";

/** Lean sessions, without the habits of a device. */
export function leanCrowd(port: number): Crowd {
  const at = loopback(port);
  const wheel = new TimerWheel(performance.now());
  const ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const clients: Client[] = [];
  return {
    connect: (index) =>
      new Promise((resolve, reject) => {
        const { clientId, topic } = nameOf(index);
        const client = new Client(topic, resolve, reject);
        client.session = openLeanSession(at, { clientId, keepAliveS: 60, clean: true }, client, wheel);
        clients[index] = client;
      }),
    send: (index, payload) => clients[index]?.send(payload),
    deliver: (index, payload) => clients[index]?.deliver(payload) ?? Promise.resolve(),
    async end() {
      clearInterval(ticking);
      for (const { session } of clients) session?.close();
    },
  };
}

class Client implements LeanSessionListener {
  readonly #topic: string;
  #opened: (() => void) | undefined;
  #failed: ((cause: Error) => void) | undefined;
  #acknowledged: (() => void) | undefined;
  session: LeanSession | undefined;

  constructor(topic: string, opened: () => void, failed: (cause: Error) => void) {
    this.#topic = topic;
    this.#opened = opened;
    this.#failed = failed;
  }

  send(payload: string): void {
    this.session?.publish(this.#topic, payload, 0, false, 0);
  }

  deliver(payload: string): Promise<void> {
    return new Promise((resolve) => {
      this.#acknowledged = resolve;
      this.session?.publish(this.#topic, payload, 1, false, 0);
    });
  }

  onConnected(): void {
    this.#opened?.();
    this.#opened = undefined;
    this.#failed = undefined;
  }

  onRefused(code: string): void {
    this.#failed?.(new Error(code));
  }

  onEnded(why: string): void {
    this.#failed?.(new Error(why));
  }

  onMessage(): void {}

  onSubscribed(): void {}

  onAcknowledged(): void {
    this.#acknowledged?.();
  }
}
