import type { Answer } from "#contract/check.ts";
import { type Attempted, attemptsOf, notesOf } from "#contract/judging.ts";
import type { ActorId, Observation } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../../judge/counters.ts";
import { type Interval, intervalsByFleet } from "./intervals.ts";

/** A disruption, from its beginning to the end of its watch. Times are milliseconds since the run began. */
export interface Outage {
  readonly actor: ActorId;
  /** `link-cut`, `link-cut (2)`. */
  readonly name: string;
  readonly imposedAtMs: number;
  /** When it was certainly in force: some take a moment to impose. */
  readonly inForceAtMs: number;
  /** When the disruption's time was over, */
  readonly endsAtMs: number;
  /** … and when it was certainly lifted: a broker takes a moment to start. */
  readonly liftedAtMs: number;
  readonly watchedUntilMs: number;
  readonly evidence: readonly number[];
}

/** What the checks of outages are given: at least one sound outage, and at least one fleet. */
export interface Outages {
  readonly sound: readonly Outage[];
  /** How many were imposed, the ones that say nothing included. */
  readonly planned: number;
  readonly fleets: ReadonlyMap<ActorId, readonly Interval[]>;
}

/**
 * Judges what fleets did in outages: disruptions that sever connections.
 * @param only the id of a disruption; all that sever connections where it is left out.
 */
export function judgeOutages(record: RunRecord, only: string | undefined, judge: (outages: Outages) => Answer): Answer {
  const isMeant = (id: string, severs: boolean) => severs && (only === undefined || id === only);
  return judgeDisruptions(
    record,
    isMeant,
    only === undefined ? "no outage was imposed" : `${only} was not imposed`,
    judge,
  );
}

/**
 * Judges what fleets did in some disruptions. None is not-tested. The control of each is a fleet that had settled before
 * it: where it had not, or the disruption was not lifted, that one says nothing, and a pass of the others becomes
 * inconclusive.
 * @param none says that there was none.
 */
export function judgeDisruptions(
  record: RunRecord,
  isMeant: (id: string, severs: boolean) => boolean,
  none: string,
  judge: (outages: Outages) => Answer,
): Answer {
  const found = disruptionsOf(record, isMeant);
  if (found.length === 0) return { verdict: "not-tested", says: none, evidence: [] };
  const fleets = intervalsByFleet(record);
  if (fleets.size === 0) return { verdict: "not-tested", says: "no fleet ran beside the outage", evidence: [] };
  const sound = found.flatMap((each) => ("because" in each ? [] : [each]));
  const [unsound] = found.flatMap((each) => ("because" in each ? [each] : []));
  const answer = sound.length > 0 ? judge({ sound, planned: found.length, fleets }) : undefined;
  if (answer !== undefined && (unsound === undefined || answer.verdict !== "pass")) return answer;
  return { verdict: "inconclusive", says: unsound?.because ?? "no outage", evidence: unsound?.evidence ?? [] };
}

/** A disruption from which nothing can be learnt. */
interface Unsound {
  readonly because: string;
  readonly evidence: readonly number[];
}

function disruptionsOf(
  { history }: RunRecord,
  isMeant: (id: string, severs: boolean) => boolean,
): readonly (Outage | Unsound)[] {
  const settled = notesOf(history, "fleet.settled");
  return [...Map.groupBy(history, ({ actor }) => actor)]
    .filter(([actor]) => actor.startsWith("disruption:"))
    .flatMap(([actor, seen]) => {
      const [impose] = attemptsOf(seen, "impose");
      if (impose === undefined) return [];
      const severs = memberOf(impose.began.detail, "severs") === true;
      return isMeant(idOf(actor), severs) ? [outageOf(actor, impose, seen, settled)] : [];
    });
}

function outageOf(
  actor: ActorId,
  impose: Attempted,
  seen: readonly Observation[],
  settled: readonly Observation[],
): Outage | Unsound {
  const name = idOf(actor) + (actor.includes("#") ? ` (${actor.split("#")[1]})` : "");
  const [lift] = attemptsOf(seen, "lift");
  const evidence = [impose.began.seq, ...(lift?.ended ? [lift.ended.seq] : [])];
  const control = settled.findLast(({ seq }) => seq < impose.began.seq);
  if (memberOf(control?.detail, "settled") !== true) {
    const because = `the fleet was not fully connected before ${name}, so what it did then says nothing`;
    return { because, evidence: [...(control ? [control.seq] : []), ...evidence] };
  }
  if (impose.ended === undefined || impose.phase !== "ok") return { because: `${name} could not be imposed`, evidence };
  if (lift?.ended === undefined || lift.phase !== "ok") return { because: `${name} was not seen lifted`, evidence };
  const [watched] = notesOf(seen, "watched");
  return {
    actor,
    name,
    imposedAtMs: impose.began.atMs,
    inForceAtMs: impose.ended.atMs,
    endsAtMs: lift.began.atMs,
    liftedAtMs: lift.ended.atMs,
    watchedUntilMs: watched?.atMs ?? lift.ended.atMs,
    evidence,
  };
}

/** `disruption:link-cut#2` → `link-cut`. */
function idOf(actor: ActorId): string {
  return actor.replace(/^disruption:/, "").replace(/#.*$/, "");
}
