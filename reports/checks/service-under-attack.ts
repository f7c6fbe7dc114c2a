import type { Answer, FreeCheck } from "#contract/check.ts";
import { type Launch, launchesOf, notesOf } from "#contract/judging.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../judge/counters.ts";
import { fleetName, type Interval, intervalsByFleet } from "./fleet/intervals.ts";

/** Attacks on the broker's capacity and robustness, under which a fleet that is already connected must not suffer. */
const strains = ["mqtt.connect-flood", "mqtt.half-open", "mqtt.malformed-packets"];
/** Share of a fleet that must stay connected, and may not even for a moment be lost. */
const connectedShare = 0.95;
/** Share of the seconds under attack that must be served so. */
const required = 0.9;

/** Whether the fleet notices that its broker is under attack. */
export const serviceUnderAttack: FreeCheck = {
  id: "service-under-attack",
  asks: "Does the fleet stay connected and go on working while its broker is attacked?",
  covers: "P1.4/essential-function-under-flood",
  remedy:
    "Find in the timeline which attack took the fleet down. A broker that ends or stalls on what one client sends needs an update; one that runs out of connections needs limits for each source and account. Then run this again: the fleet's line must stay flat while the attack runs.",
  needs: strains,
  judge,
  exercise: { attack: "mqtt.malformed-packets" },
  twins: [{ kills: "service-under-attack", loosen: { where: "broker", knob: "parsing", value: "fragile" } }],
};

/** One second of one fleet while an attack ran. */
interface Trial {
  readonly attack: string;
  readonly fleet: string;
  readonly interval: Interval;
  readonly served: boolean;
}

function judge(record: RunRecord): Answer {
  const launches = strains.flatMap((attack) => launchesOf(record, attack).map((launch) => ({ attack, launch })));
  const launched = launches.filter(({ launch }) => launch.launch !== undefined);
  const fleets = intervalsByFleet(record);
  if (launches.length === 0) return { verdict: "not-tested", says: "no attack strained the broker", evidence: [] };
  if (fleets.size === 0) return { verdict: "not-tested", says: "no fleet ran beside the attack", evidence: [] };
  const unsettled = launches.find(({ launch }) => !wasWell(record, launch, fleets));
  if (unsettled !== undefined) {
    const says = `the fleet was not fully connected before ${unsettled.attack}, so what it did then says nothing`;
    return { verdict: "inconclusive", says, evidence: [unsettled.launch.control.began.seq] };
  }
  const severed = severedSpans(record);
  const trials = launched.flatMap(({ attack, launch }) => trialsOf(attack, launch, fleets, severed));
  return answerOf(
    trials,
    launches.map(({ launch }) => launch.control.began.seq),
  );
}

function answerOf(trials: readonly Trial[], launched: readonly number[]): Answer {
  const planned = trials.length;
  if (planned === 0) {
    return { verdict: "inconclusive", says: "the fleet counted nothing while an attack ran", evidence: launched };
  }
  const failed = trials.filter(({ served }) => !served);
  const passed = planned - failed.length;
  const [first] = failed;
  const holds = passed >= required * planned;
  const worst = first ? `, first in ${first.fleet} during ${first.attack}: ${sayState(first.interval)}` : "";
  return {
    verdict: holds ? "pass" : "fail",
    says: `the fleet was served in ${passed} of ${planned} seconds under attack${worst}`,
    evidence: [...launched, ...(holds ? trials : failed).slice(0, 20).map(({ interval }) => interval.seq)],
    trials: { planned, run: planned, passed },
    measure: { kind: "rate", planned, passed, failed: failed.length, required },
  };
}

/** The control: every fleet was seen connected, and was so in the last second before the launch. */
function wasWell(
  { history }: RunRecord,
  { control, launch }: Launch,
  fleets: ReadonlyMap<ActorId, readonly Interval[]>,
): boolean {
  const begins = launch?.began ?? control.began;
  const settled = notesOf(history, "fleet.settled").findLast(({ seq }) => seq < begins.seq);
  if (settled === undefined || memberOf(settled.detail, "settled") !== true) return false;
  return [...fleets.values()].every((intervals) => {
    const last = intervals.findLast(({ seq }) => seq < begins.seq);
    return last === undefined || last.seq < settled.seq || isConnected(last);
  });
}

function trialsOf(
  attack: string,
  { launch }: Launch,
  fleets: ReadonlyMap<ActorId, readonly Interval[]>,
  severed: readonly Span[],
): readonly Trial[] {
  const fromMs = launch?.began.atMs ?? 0;
  const toMs = launch?.ended?.atMs ?? fromMs;
  return [...fleets].flatMap(([actor, intervals]) =>
    intervals
      .filter((interval) => overlaps(interval, { fromMs, toMs }) && interval.expected > 0)
      // What a disruption of ours did to the fleet is not the attack's doing, and a waking device is not a lost one.
      .filter((interval) => !severed.some((span) => overlaps(interval, span)) && interval.expected === interval.size)
      .map((interval) => ({ attack, fleet: fleetName(actor), interval, served: isServed(interval) })),
  );
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function overlaps(one: Span, other: Span): boolean {
  return one.toMs > other.fromMs && one.fromMs < other.toMs;
}

/** When disruptions kept the fleet from its broker: from their imposition until the end of the watch. */
function severedSpans({ history }: RunRecord): readonly Span[] {
  const imposed = history.filter(
    ({ action, phase, detail }) => action === "impose" && phase === "attempt" && memberOf(detail, "severs") === true,
  );
  return imposed.map(({ actor, atMs }) => {
    const watched = notesOf(history, "watched").find((seen) => seen.actor === actor);
    return { fromMs: atMs, toMs: watched?.atMs ?? Number.POSITIVE_INFINITY };
  });
}

function isServed({ expected, connected, lost, functionDue, functionPerformed }: Interval): boolean {
  const stays = isConnected({ expected, connected }) && lost <= (1 - connectedShare) * expected;
  return stays && functionPerformed >= functionDue;
}

function isConnected({ expected, connected }: Pick<Interval, "expected" | "connected">): boolean {
  return connected >= connectedShare * expected;
}

function sayState({ expected, connected, lost, functionDue, functionPerformed }: Interval): string {
  return `${connected} of ${expected} devices connected, ${lost} lost, function performed ${functionPerformed} of ${functionDue} times`;
}
