import type { Bench, Clock, LabAddress, Random, Scheme, Trace, Wire } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { ActorId, JsonObject, Observation } from "#contract/observation.ts";

/**
 * A clock on which nobody waits: once everything else has come to rest, it jumps to the next moment that somebody
 * sleeps for. Sleepers wake in order of their time.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #pumping = false;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#sleepers.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#sleepers].toSorted((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#pumping = false;
  }
}

/** Chance without surprise: a small linear generator from a number. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0 || 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    next,
    integer: (from, below) => from + Math.floor(next() * (below - from)),
    hex: (bytes) =>
      Array.from({ length: bytes }, () =>
        Math.floor(next() * 256)
          .toString(16)
          .padStart(2, "0"),
      ).join(""),
  };
}

const silentWire: Wire = {
  open: () => ({
    reference: { file: "evidence/test.pcapng", stream: 0 },
    sent() {},
    received() {},
    closed() {},
  }),
};

/** A clock on real time, for tests that talk to real sockets. */
export function realClock(): Clock {
  const began = performance.now();
  return {
    nowMs: () => Math.round(performance.now() - began),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** A bench that writes to `history`. */
export function benchOf(
  history: Observation[],
  given: Partial<Omit<Bench, "observe">> & { readonly actor?: ActorId } = {},
): Bench {
  const { actor = "lab:test", clock = new VirtualClock(), random = randomOf(1), wire = silentWire } = given;
  const write = (line: Omit<Observation, "seq" | "atMs" | "actor">) => {
    const seq = history.length;
    history.push({ seq, atMs: clock.nowMs(), actor, ...line });
    return seq;
  };
  return {
    clock,
    random,
    wire,
    signal: given.signal ?? new AbortController().signal,
    runId: given.runId ?? "test-run",
    keep: given.keep ?? ((name) => name),
    observe: {
      note: (action, detail = null, at) => write({ action, phase: "noted", detail, ...(at && { wire: at }) }),
      attempt: async (action, detail, work) => {
        const attempt = write({ action, phase: "attempt", detail });
        let seen: Pick<Observation, "wire"> & { readonly detail?: JsonObject } = {};
        const trace: Trace = {
          wire: (reference) => {
            seen = { ...seen, wire: reference };
          },
          detail: (facts) => {
            seen = { ...seen, detail: { ...seen.detail, ...facts } };
          },
        };
        try {
          const value = await work(trace);
          return { phase: "ok", value, seq: write({ action, phase: "ok", attempt, ...seen }) };
        } catch (cause) {
          const error = cause instanceof Error ? cause : new Error(String(cause));
          const phase = error instanceof Refused ? "refused" : "unknown";
          const brief = { code: error instanceof Refused ? error.code : error.name, message: error.message };
          return { phase, error, seq: write({ action, phase, attempt, error: brief, ...seen }) };
        }
      },
    },
  };
}

/** A loopback address, branded for tests. */
export function loopback(port: number, scheme: Scheme = "mqtt", more: Partial<LabAddress> = {}): LabAddress {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests talk to loopback only, without a guard
  return { scheme, host: "127.0.0.1", port, maxConnections: 2_000, maxRatePerSecond: 20_000, ...more } as LabAddress;
}
