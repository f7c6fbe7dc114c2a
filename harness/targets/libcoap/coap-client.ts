import type { Bench } from "#contract/bench.ts";
import type { Caller, Calling, CallOrder } from "#contract/coap.ts";
import type { Identity } from "#contract/identity.ts";
import type { TargetOrder } from "#contract/target.ts";
import { type Child, spawnChild } from "../process/child.ts";
import { clientWords } from "./client-words.ts";
import type { LibcoapProgram } from "./program.ts";

const everyMs = 1_000;
/** A server could send without an end; what is kept of one run is bounded. */
const keptBytes = 65_536;

/** The programs of a device under test, and who it is. */
export interface ClientPlan {
  /** Without DTLS, and with it. */
  readonly plain: LibcoapProgram;
  readonly secure: LibcoapProgram;
  readonly own: Identity;
  readonly lease: TargetOrder["lease"];
}

/**
 * coap-client as a device under test. It is run once a second, or as soon as the last run has ended where that takes
 * longer: an unanswered request is given up by the program itself, after the retransmissions of RFC 7252 §4.2.
 */
export function coapClient(bench: Bench, plan: ClientPlan): Caller {
  const { version } = plan.plain;
  return {
    product: `coap-client ${version} (libcoap)`,
    async call(order) {
      const calling = new Calls(bench, plan, order);
      await calling.begin();
      return calling;
    },
  };
}

class Calls implements Calling {
  readonly #bench: Bench;
  readonly #plan: ClientPlan;
  readonly #order: CallOrder;
  readonly #over = new AbortController();
  readonly #taken: string[] = [];
  #child: Child | undefined;
  #calling: Promise<void> = Promise.resolve();

  constructor(bench: Bench, plan: ClientPlan, order: CallOrder) {
    this.#bench = bench;
    this.#plan = plan;
    this.#order = order;
  }

  /** Resolves when it runs; throws where it cannot be run at all. */
  async begin(): Promise<void> {
    const first = await this.#spawn();
    this.#calling = this.#goOn(first);
  }

  taken(): readonly string[] {
    return this.#taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#child?.kill();
    await this.#calling;
  }

  async #goOn(first: Child): Promise<void> {
    const { clock, signal } = this.#bench;
    const over = AbortSignal.any([signal, this.#over.signal]);
    for (let child = first; ; child = await this.#spawn()) {
      const beganMs = clock.nowMs();
      await child.exited;
      await clock.sleep(Math.max(0, everyMs - (clock.nowMs() - beganMs)), over);
      if (over.aborted) return;
    }
  }

  async #spawn(): Promise<Child> {
    const { clock, random } = this.#bench;
    const { plain, secure, own, lease } = this.#plan;
    const { path, name } = this.#order.at.scheme === "coaps" ? secure : plain;
    const reading = (18 + random.next() * 6).toFixed(1);
    const hearing = this.#order.does === "observe" ? linesTo(this.#taken) : wholeTo(this.#taken);
    const child = await spawnChild(path, clientWords(this.#order, own, reading), clock, ignore, hearing.hear);
    lease({ pid: child.pid, what: name });
    void child.exited.then(hearing.end);
    this.#child = child;
    return child;
  }
}

/** Hears what a program prints. */
interface Hearing {
  readonly hear: (text: string) => void;
  readonly end: () => void;
}

/** All that one run prints is one payload, but for the line break that it ends with. */
export function wholeTo(taken: string[]): Hearing {
  let said = "";
  return {
    hear(text) {
      if (said.length < keptBytes) said += text;
    },
    end() {
      const payload = said.replace(/\n$/, "");
      if (payload !== "") taken.push(payload);
    },
  };
}

/** Each line that is printed is one payload. */
export function linesTo(taken: string[]): Hearing {
  let rest = "";
  return {
    hear(text) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop()?.slice(0, keptBytes) ?? "";
      taken.push(...lines.filter((line) => line !== ""));
    },
    end() {},
  };
}

function ignore(): void {}
