import { MqttSession, type SessionPlan } from "./mqtt-session.ts";

const firstWaitMs = 500;
const longestWaitMs = 8_000;

/** What a client wants of its sessions. */
export interface ClientPlan extends Omit<SessionPlan, "onUp"> {
  /** A number from 0 to 1, another one each time. */
  readonly chance: () => number;
  onUp(session: MqttSession, present: boolean, tookMs: number): void;
}

/**
 * Stays connected as a good device does: a connection that fails or is cut is tried again after a random part of a
 * wait that doubles (full jitter), so that many of them do not come back as one.
 */
export class HonestClient {
  readonly #plan: ClientPlan;
  #session: MqttSession | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;
  #isUp = false;
  #failures = 0;
  #isDone = false;

  constructor(plan: ClientPlan) {
    this.#plan = plan;
    this.#open();
  }

  /** The session, while it is accepted. */
  get session(): MqttSession | undefined {
    return this.#isUp ? this.#session : undefined;
  }

  /** Disconnects, and comes back no more. */
  finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.#wait !== undefined) clearTimeout(this.#wait);
    this.session?.leave();
  }

  #open(): void {
    this.#session = new MqttSession({
      ...this.#plan,
      onUp: (session, present, tookMs) => {
        this.#failures = 0;
        this.#isUp = true;
        if (this.#isDone) session.leave();
        else this.#plan.onUp(session, present, tookMs);
      },
      onDown: () => {
        this.#isUp = false;
        this.#plan.onDown();
        if (!this.#isDone) this.#later();
      },
    });
  }

  #later(): void {
    const mostMs = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#wait = setTimeout(() => this.#open(), this.#plan.chance() * mostMs);
  }
}
