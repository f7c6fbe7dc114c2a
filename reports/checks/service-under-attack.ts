import type { Answer, FreeCheck } from "#contract/check.ts";
import { type Launch, launchesOf } from "#contract/judging.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { fleetName, type Interval, intervalsByFleet } from "./fleet/intervals.ts";
import { isServed, sayService, servedShare, wasWell } from "./fleet/service.ts";
import { overlaps, type Span, severedSpans } from "./fleet/severed-spans.ts";

/** Attacks on the broker's capacity and robustness, under which a fleet that is already connected must not suffer. */
const strains = ["mqtt.connect-flood", "mqtt.half-open", "mqtt.malformed-packets"];

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
  const unsettled = launches.find(({ launch }) => !wasWell(record, beganAt(launch), fleets));
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
  const holds = passed >= servedShare * planned;
  const worst = first ? `, first in ${first.fleet} during ${first.attack}: ${sayService(first.interval)}` : "";
  return {
    verdict: holds ? "pass" : "fail",
    says: `the fleet was served in ${passed} of ${planned} seconds under attack${worst}`,
    evidence: [...launched, ...(holds ? trials : failed).slice(0, 20).map(({ interval }) => interval.seq)],
    trials: { planned, run: planned, passed },
    measure: { kind: "rate", planned, passed, failed: failed.length, required: servedShare },
  };
}

function beganAt({ control, launch }: Launch): number {
  return (launch?.began ?? control.began).seq;
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
