import type { Clock, Observer, Settled, Trace } from "#contract/bench.ts";
import { LabError, Refused } from "#contract/errors.ts";
import type { ActorId, Beat, JsonObject, Observation } from "#contract/observation.ts";

/** Takes each observation as it happens, in order of `seq`. */
export type Journal = (observation: Observation) => void;

/** Numbers and times every observation of a run; the only source of `seq`. */
export class Recorder {
  readonly #clock: Clock;
  readonly #journal: Journal;
  #next = 0;

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** An observer bound to an actor, and to a beat where it is part of an attack. */
  as(actor: ActorId, beat?: Beat): Observer {
    const who = beat === undefined ? { actor } : { actor, beat };
    return {
      attempt: async (action, detail, work) => {
        const attempt = this.#write({ ...who, action, phase: "attempt", detail });
        const seen = new Seen();
        const settled = await settle(() => work(seen));
        if (settled.phase === "ok") {
          return { ...settled, seq: this.#write({ ...who, action, phase: "ok", attempt, ...seen.kept }) };
        }
        const error = brief(settled.error);
        const seq = this.#write({ ...who, action, phase: settled.phase, attempt, error, ...seen.kept });
        if (settled.error instanceof LabError) throw settled.error;
        return { ...settled, seq };
      },
      note: (action, detail = null, wire) =>
        this.#write({ ...who, action, phase: "noted", detail, ...(wire && { wire }) }),
    };
  }

  #write(seen: Omit<Observation, "seq" | "atMs">): number {
    const seq = this.#next++;
    this.#journal({ seq, atMs: this.#clock.nowMs(), ...seen });
    return seq;
  }
}

class Seen implements Trace {
  kept: Pick<Observation, "wire"> & { readonly detail?: JsonObject } = {};

  wire(reference: NonNullable<Observation["wire"]>): void {
    this.kept = { ...this.kept, wire: reference };
  }

  detail(facts: JsonObject): void {
    this.kept = { ...this.kept, detail: { ...this.kept.detail, ...facts } };
  }
}

async function settle<T>(work: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { phase: "ok", value: await work() };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { phase: error instanceof Refused ? "refused" : "unknown", error };
  }
}

/** The protocol's or the system's own code where there is one (`CONNACK 5`, `ECONNRESET`), else the kind of error. */
function brief(error: Error): { code: string; message: string } {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { code, message: error.message };
}
