import type { Answer, FreeCheck } from "#contract/check.ts";
import { notesOf } from "#contract/judging.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../judge/counters.ts";
import { fleetName, type Interval } from "./fleet/intervals.ts";
import { judgeDisruptions, type Outage, type Outages } from "./fleet/outages.ts";
import { isServed, sayService, servedShare, wasWell } from "./fleet/service.ts";
import { overlaps, type Span, severedSpans } from "./fleet/severed-spans.ts";

/** Disruptions that take from the target what it needs to do its work. */
const shortages = ["disk-full", "memory-limit"];
/** Share of what a fleet published that must be acknowledged in the same second; the rest may be on its way. */
const acknowledgedShare = 0.8;

/**
 * Whether a target serves those who are connected although it runs short of something. It is evidence for the service
 * level under a flood: a flood asks for more than there is, a shortage leaves less than is asked for, and what is
 * asserted of the essential function is the same.
 */
export const serviceUnderShortage: FreeCheck = {
  id: "service-under-shortage",
  asks: "Does the target go on serving its fleet while its disk is full or its memory is short?",
  covers: "P1.4/essential-function-under-flood",
  remedy:
    "Let the broker answer its clients although it cannot write: keep going in memory, and raise an alarm. Keep its data on a disk of its own, with a limit below the size of the disk, and bound queues and sessions so that its memory is bounded. Then run this again: the fleet must stay connected and its messages acknowledged.",
  needs: shortages,
  judge: (record) =>
    judgeDisruptions(
      record,
      (id) => shortages.includes(id),
      "neither the disk nor the memory of the target was made short",
      (found) => judge(record, found),
    ),
  exercise: { disruption: "disk-full" },
  twins: [
    {
      kills: "service-under-shortage",
      loosen: { where: "broker", knob: "fullDisk", value: "stalls" },
      parameters: { lasts: "5s" },
    },
  ],
};

/** One second of one fleet during a shortage, or after it. */
interface Trial {
  readonly fleet: string;
  readonly shortage: Outage;
  readonly interval: Interval;
  /** Whether the fleet asks the target to acknowledge its telemetry. */
  readonly asks: boolean;
  readonly served: boolean;
}

function judge(record: RunRecord, { sound, fleets }: Outages): Answer {
  const evidence = sound.flatMap((shortage) => shortage.evidence);
  const unwell = sound.find(({ evidence: [imposed = 0] }) => !wasWell(record, imposed, fleets));
  if (unwell !== undefined) {
    const says = `the fleet was not fully connected before ${unwell.name}, so what it did then says nothing`;
    return { verdict: "inconclusive", says, evidence: unwell.evidence };
  }
  const asking = actorsThatAsk(record);
  const ignored = sound.find(({ evidence: [imposed = 0] }) =>
    [...fleets].some(([actor, intervals]) => asking.has(actor) && !wasAnswered(intervals, imposed)),
  );
  if (ignored !== undefined) {
    const says = `the fleet got no acknowledgements before ${ignored.name}, so having none then says nothing`;
    return { verdict: "inconclusive", says, evidence: ignored.evidence };
  }
  const severed = severedSpans(record);
  const within = (shortage: Outage, span: Span) =>
    [...fleets].flatMap(([actor, intervals]) =>
      intervals
        .filter((interval) => interval.fromMs >= span.fromMs && interval.toMs <= span.toMs)
        .filter((interval) => !severed.some((cut) => overlaps(interval, cut)))
        .flatMap((interval) => trialOf(shortage, actor, interval, asking.has(actor)) ?? []),
    );
  const trials = sound.flatMap((shortage) =>
    within(shortage, { fromMs: shortage.inForceAtMs, toMs: shortage.endsAtMs }),
  );
  const during = answerOf(trials, evidence);
  if (during.verdict !== "pass") return during;
  for (const shortage of sound) {
    const after = within(shortage, { fromMs: shortage.liftedAtMs, toMs: Number.POSITIVE_INFINITY });
    const again = recoveryOf(shortage, after);
    if (again !== undefined) return { ...again, evidence: [...shortage.evidence, ...again.evidence] };
  }
  return during;
}

/** The other half of the control: what was published last before the observation `seq` was acknowledged. */
function wasAnswered(intervals: readonly Interval[], seq: number): boolean {
  const last = intervals.findLast((interval) => interval.seq < seq && interval.published > 0);
  return last === undefined || isAnswered(last);
}

function isAnswered({ published, acknowledged }: Interval): boolean {
  return acknowledged >= acknowledgedShare * published;
}

function answerOf(trials: readonly Trial[], imposed: readonly number[]): Answer {
  const planned = trials.length;
  const failed = trials.filter(({ served }) => !served);
  const passed = planned - failed.length;
  if (planned === 0) {
    const says =
      "the fleet counted no whole second of the shortage in which it had something to do; make it last longer";
    return { verdict: "inconclusive", says, evidence: imposed };
  }
  const [first] = failed;
  const holds = passed >= servedShare * planned;
  if (holds && !trials.some(({ asks }) => asks)) {
    const says =
      "the fleet stayed connected, but asks for no acknowledgement, so whether its messages were taken is not known";
    return { verdict: "inconclusive", says, evidence: imposed };
  }
  const worst = first ? `, first in ${first.fleet} during ${first.shortage.name}: ${sayTrial(first)}` : "";
  return {
    verdict: holds ? "pass" : "fail",
    says: `the fleet was served in ${passed} of ${planned} seconds of shortage${worst}`,
    evidence: [...imposed, ...(holds ? trials : failed).slice(0, 20).map(({ interval }) => interval.seq)],
    trials: { planned, run: planned, passed },
    measure: { kind: "rate", planned, passed, failed: failed.length, required: servedShare },
  };
}

/** What is wrong with the time after a shortage; undefined where every fleet was served again. */
function recoveryOf({ name }: Outage, after: readonly Trial[]): Answer | undefined {
  const byFleet = Map.groupBy(after, ({ fleet }) => fleet);
  if (byFleet.size === 0) {
    const says = `the fleet was served, but not seen after ${name} was lifted`;
    return { verdict: "inconclusive", says, evidence: [] };
  }
  const gone = [...byFleet.values()].find((own) => !own.some(({ served }) => served))?.at(-1);
  if (gone === undefined) return undefined;
  const says = `${gone.fleet} was not served again after ${name} was lifted: ${sayTrial(gone)}`;
  return { verdict: "fail", says, evidence: [gone.interval.seq] };
}

/** Undefined for a second that says nothing: devices were waking up, or nothing was sent that asks for an answer. */
function trialOf(shortage: Outage, actor: ActorId, interval: Interval, asks: boolean): Trial | undefined {
  const { expected, size, published } = interval;
  if (expected === 0 || expected !== size) return undefined;
  const stays = isServed(interval);
  if (stays && asks && published === 0) return undefined;
  const served = stays && (!asks || isAnswered(interval));
  return { fleet: fleetName(actor), shortage, interval, asks, served };
}

/** Fleets whose telemetry has QoS 1, as they said when they started. */
function actorsThatAsk({ history }: RunRecord): ReadonlySet<ActorId> {
  const asking = notesOf(history, "fleet.started").filter(
    ({ detail }) => memberOf(memberOf(detail, "telemetry"), "qos") === 1,
  );
  return new Set(asking.map(({ actor }) => actor));
}

function sayTrial({ interval, asks }: Trial): string {
  const { acknowledged, published } = interval;
  return `${sayService(interval)}${asks ? `, ${acknowledged} of ${published} messages acknowledged` : ""}`;
}
