import { published, publishMs, publishOk } from "./meters.ts";
import { publish } from "./mqtt-codec.ts";
import type { MqttSession } from "./mqtt-session.ts";
import { nowMs } from "./now.ts";

/** Messages that were sent and are not acknowledged yet. */
export class Outbox {
  readonly #open = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  send(session: MqttSession, topic: string, payload: Uint8Array, qos: 0 | 1): void {
    published.add(1);
    if (qos === 0) {
      session.send(publish({ topic, payload, qos }));
      publishOk.add(1);
      return;
    }
    const id = session.nextId();
    // An identifier that is still open after 65,535 others will not be acknowledged any more.
    if (this.#open.has(id)) publishOk.add(0);
    this.#open.set(id, nowMs());
    session.send(publish({ topic, payload, qos, id }));
  }

  acknowledged(id: number): void {
    const sentMs = this.#open.get(id);
    if (sentMs === undefined) return;
    this.#open.delete(id);
    publishMs.add(nowMs() - sentMs);
    publishOk.add(1);
  }

  /** Nothing that is open will be acknowledged: the connection is lost, or the time is over. */
  abandon(): void {
    for (let n = this.#open.size; n > 0; n -= 1) publishOk.add(0);
    this.#open.clear();
  }
}
