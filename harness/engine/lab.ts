import type { Bench, Clock, LabAddress, Wire } from "#contract/bench.ts";
import type { PacketCounts } from "#contract/load.ts";
import type { ActorId, Beat } from "#contract/observation.ts";
import type { Capabilities, Claim, Environment, TargetFacts, TargetOrder } from "#contract/target.ts";
import type { Journal, Recorder } from "./recorder.ts";
import { randomFor } from "./seed.ts";

/** The TCP or UDP link that can be put between a fleet and its target. */
export interface Link extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly can: Required<Pick<Capabilities, "cutLink" | "slowLink">>;
}

/** A relay that counts the MQTT packets which pass through it. */
export interface Counter extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  counts(): PacketCounts;
}

/** The world that a run is given; nothing below takes time, chance or addresses from elsewhere. */
export interface Lab {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Aborts when the user ends the run. */
  readonly signal: AbortSignal;
  readonly seed: string;
  readonly runId: string;
  readonly claim: Claim;
  readonly lease: TargetOrder["lease"];
  wireFor(actor: ActorId): Wire;
  openLink(bench: Bench, to: LabAddress): Promise<Link>;
  openCounter(bench: Bench, to: LabAddress): Promise<Counter>;
  /** Makes a new folder that is kept with the run, for a unit of this id. */
  folderFor(unit: string): { readonly folder: string; readonly folderInRun: string };
  /** Keeps a file with the run; see {@link Bench.keep}. */
  keep(unit: string, name: string, content: string | Uint8Array): string;
  /** Variables of the user's environment. */
  readonly environment: Environment;
  /** Told once, when the target runs. */
  onTarget(facts: TargetFacts): void;
}

/** Makes the bench of an actor; `signal` ends with the stage or beat that it is for. */
export type Bencher = (actor: ActorId, signal: AbortSignal, beat?: Beat) => Bench;

/** The same actor keeps its random stream and its wire over all of its beats. */
export function bencher(lab: Lab, recorder: Recorder): Bencher {
  const kept = new Map<ActorId, Pick<Bench, "random" | "wire">>();
  return (actor, signal, beat) => {
    const own = kept.get(actor) ?? { random: randomFor(lab.seed, actor), wire: lab.wireFor(actor) };
    kept.set(actor, own);
    return {
      ...own,
      observe: recorder.as(actor, beat),
      clock: lab.clock,
      signal,
      runId: lab.runId,
      keep: (name, content) => lab.keep(actor.slice(actor.indexOf(":") + 1), name, content),
    };
  };
}
