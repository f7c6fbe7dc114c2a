import type { Answer, FreeCheck, Verdict } from "#contract/check.ts";
import { together } from "#contract/judging.ts";
import type { History } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { type LoadRun, loadRunsOf, type RecordedSecond, sayWhySkipped, whyDoubtful } from "../judge/load-runs.ts";
import { windowed } from "../judge/load-windows.ts";
import { servedShare as required } from "./fleet/service.ts";
import { overlaps, type Span, severedSpans } from "./fleet/severed-spans.ts";

const loads = ["mqtt.connect-storm", "mqtt.publish-fan-in", "mqtt.subscribe-fan-out", "mqtt.session-resume"];
/** Share of the operations of a second that must succeed. */
const succeedingShare = 0.95;
/** A generator needs a moment to come to its end, in which nothing is to be expected. */
const lastSeconds = 2;
/** A load with nothing beside it has no time before; its first seconds show that the rig works. */
const firstSeconds = 3;

/** Whether the clients of a load are served, whatever is done to the target beside it. */
export const honestLoadIsServed: FreeCheck = {
  id: "honest-load-is-served",
  asks: "Are honest clients still served while the target is under load, attacked or disrupted?",
  covers: "P1.4/essential-function-under-flood",
  isFurther: true,
  remedy:
    "See in the table of the load which operation failed, and when. A broker that ends or stalls on what one client sends needs an update; one that is short of connections, memory or time needs limits for each client and a larger machine. Then run this again: the share of operations that succeed must stay above 95 % second by second.",
  needs: loads,
  judge,
  exercise: { load: "mqtt.publish-fan-in", beside: "mqtt.malformed-packets" },
  twins: [{ kills: "honest-load-is-served", loosen: { where: "broker", knob: "parsing", value: "fragile" } }],
};

/** What a load says about the target: nothing, with the reason, or the seconds in which clients should have been served. */
type Heard =
  | { readonly because: string; readonly evidence: readonly number[] }
  | { readonly evidence: readonly number[]; readonly trials: readonly Trial[] };

/** One second of a load; `silent` where no operation ended in it, so that nobody knows. */
interface Trial {
  readonly load: string;
  readonly when:
    | "under load alone"
    | "while something was done beside the load"
    | "after what was done beside the load";
  readonly second: RecordedSecond;
  readonly outcome: "served" | "failed" | "silent";
}

function judge(record: RunRecord): Answer {
  const runs = loadRunsOf(record.history).filter(({ load }) => loads.includes(load));
  const sent = runs.filter(({ skipped }) => skipped === undefined);
  const [skipped] = runs.flatMap((run) => run.skipped ?? []);
  if (sent.length === 0) {
    const says = skipped === undefined ? "no load was run" : `the load was skipped: ${sayWhySkipped(skipped)}`;
    return { verdict: "not-tested", says, evidence: skipped === undefined ? [] : [skipped.seq] };
  }
  const severed = severedSpans(record);
  const heard = sent.map((run) => hear(run, record.history, severed));
  const trials = heard.flatMap((each) => ("trials" in each ? each.trials : []));
  const doubtful = heard.find((each) => "because" in each);
  const evidence = heard.flatMap((each) => ("trials" in each ? each.evidence : []));
  const answer = trials.length === 0 ? nothingDue(evidence) : answerOf(trials, evidence);
  // What one load shows for certain stands, whatever another one leaves open.
  if (doubtful === undefined || answer.verdict === "fail") return answer;
  return { verdict: "inconclusive", says: doubtful.because, evidence: doubtful.evidence };
}

function hear(run: LoadRun, history: History, severed: readonly Span[]): Heard {
  const began = run.attempt === undefined ? [] : [run.attempt.began.seq];
  const doubt = whyDoubtful(run);
  if (doubt !== undefined) return { because: `${run.load}: ${doubt}`, evidence: began };
  const { before, during, after } = windowed(atWork(run.seconds), history);
  const alone = during.length === 0;
  const control = alone ? before.slice(0, firstSeconds) : before;
  const evidence = [...began, ...control.slice(-firstSeconds).map(({ seq }) => seq)];
  if (control.length === 0 || tried(control) === 0) {
    return { because: `${run.load} was not seen at work before anything was done beside it`, evidence };
  }
  if (ok(control) < succeedingShare * tried(control)) {
    const says = `only ${ok(control)} of ${tried(control)} operations succeeded before, so what came then says nothing`;
    return { because: `${run.load}: ${says}`, evidence };
  }
  const trials = alone
    ? trialsOf(run, "under load alone", before.slice(firstSeconds))
    : [
        ...trialsOf(run, "while something was done beside the load", during),
        ...trialsOf(run, "after what was done beside the load", after),
      ];
  // What a disruption of ours that severs connections did to the load is not the target's doing.
  return { evidence, trials: trials.filter(({ second }) => !severed.some((span) => overlaps(second, span))) };
}

function trialsOf({ load }: LoadRun, when: Trial["when"], seconds: readonly RecordedSecond[]): readonly Trial[] {
  return seconds.map((second) => ({ load, when, second, outcome: outcomeOf(second) }));
}

/** Without the silence before the first operation and a little of that after the last: the generator starts, and ends. */
function atWork(seconds: readonly RecordedSecond[]): readonly RecordedSecond[] {
  const first = seconds.findIndex(isBusy);
  const last = seconds.findLastIndex(isBusy);
  return first === -1 ? [] : seconds.slice(first, Math.max(last + 1, seconds.length - lastSeconds));
}

function isBusy(second: RecordedSecond): boolean {
  return tried([second]) > 0;
}

function ok(seconds: readonly RecordedSecond[]): number {
  return total(seconds, ({ ok: succeeded }) => succeeded);
}

function tried(seconds: readonly RecordedSecond[]): number {
  return total(seconds, ({ ok: succeeded, failed }) => succeeded + failed);
}

function total(
  seconds: readonly RecordedSecond[],
  of: (count: { readonly ok: number; readonly failed: number }) => number,
): number {
  return seconds.flatMap(({ operations }) => Object.values(operations)).reduce((sum, count) => sum + of(count), 0);
}

function outcomeOf(second: RecordedSecond): Trial["outcome"] {
  if (!isBusy(second)) return "silent";
  return ok([second]) >= succeedingShare * tried([second]) ? "served" : "failed";
}

function nothingDue(evidence: readonly number[]): Answer {
  const says = "every second of the load lay in a disruption of ours that severs connections, or was needed as control";
  return { verdict: "not-tested", says, evidence };
}

/**
 * Each load is judged by itself, and by itself while something was done beside it and after: a long calm after a short
 * attack must not make up for what the attack did. What is worst speaks; where all pass, all are told together.
 */
function answerOf(trials: readonly Trial[], evidence: readonly number[]): Answer {
  const parts = [...Map.groupBy(trials, ({ load, when }) => `${load} ${when}`).values()];
  const verdict = together(parts.map(verdictOf));
  const worst = parts.find((part) => verdictOf(part) === verdict) ?? trials;
  return told(verdict, verdict === "pass" ? trials : worst, evidence);
}

function told(verdict: Verdict, trials: readonly Trial[], evidence: readonly number[]): Answer {
  const planned = trials.length;
  const { passed, failed, silent } = countsOf(trials);
  const when = verdict === "pass" ? "under load" : (trials[0]?.when ?? "");
  const cited = verdict === "fail" ? failed : trials;
  return {
    verdict,
    says: `honest clients were served in ${passed} of ${planned} seconds ${when}${sayWorst(failed)}${saySilence(silent)}`,
    evidence: [...evidence, ...cited.slice(0, 20).map(({ second }) => second.seq)],
    trials: { planned, run: planned - silent, passed },
    measure: { kind: "rate", planned, passed, failed: failed.length, required },
  };
}

function countsOf(trials: readonly Trial[]) {
  const failed = trials.filter(({ outcome }) => outcome === "failed");
  const silent = trials.filter(({ outcome }) => outcome === "silent").length;
  return { passed: trials.length - failed.length - silent, failed, silent };
}

/** Only seconds whose operations were heard to fail can make it fail: silence leaves it open. */
function verdictOf(trials: readonly Trial[]): "pass" | "fail" | "inconclusive" {
  const due = required * trials.length;
  const { passed, failed } = countsOf(trials);
  if (passed >= due) return "pass";
  return trials.length - failed.length < due ? "fail" : "inconclusive";
}

function sayWorst(failed: readonly Trial[]): string {
  const [first] = failed.toSorted((one, other) => share(one) - share(other));
  if (first === undefined) return "";
  const { load, second } = first;
  const at = `${Math.round(second.fromMs / 100) / 10} s`;
  return `; at worst ${ok([second])} of ${tried([second])} operations of ${load} succeeded, at ${at}`;
}

function share({ second }: Trial): number {
  return ok([second]) / tried([second]);
}

function saySilence(seconds: number): string {
  return seconds === 0 ? "" : `; in ${seconds} no operation ended`;
}
