import type { Answer, Verdict } from "./check.ts";
import type { ActorId, Observation } from "./observation.ts";
import type { RunRecord } from "./record.ts";

/** From the one that outweighs all to the one that outweighs none; not-applicable is set apart. */
const heaviestFirst: readonly Verdict[] = ["fail", "error", "inconclusive", "pass", "not-tested"];

/** Several verdicts as one: fail > error > inconclusive > pass > not-tested; all not-applicable stays so. */
export function together(verdicts: readonly Verdict[]): Verdict {
  const found = heaviestFirst.find((verdict) => verdicts.includes(verdict));
  if (found !== undefined) return found;
  return verdicts.length > 0 ? "not-applicable" : "not-tested";
}

/** An attempt joined with how it ended. One cut off by the end of the run ended as `unknown`. */
export interface Attempted {
  readonly began: Observation;
  readonly phase: "ok" | "refused" | "unknown";
  /** The closing observation; absent where the run ended before. */
  readonly ended?: Observation;
}

/** The attempts at `action` among these observations, each with its ending. */
export function attemptsOf(observations: readonly Observation[], action: string): readonly Attempted[] {
  const endings = new Map(observations.map((seen) => [seen.attempt, seen]));
  return observations
    .filter((seen) => seen.action === action && seen.phase === "attempt")
    .map((began) => {
      const ended = endings.get(began.seq);
      if (ended === undefined) return { began, phase: "unknown" };
      return { began, ended, phase: ended.phase === "ok" || ended.phase === "refused" ? ended.phase : "unknown" };
    });
}

/** The notes of `action` among these observations. */
export function notesOf(observations: readonly Observation[], action: string): readonly Observation[] {
  return observations.filter((seen) => seen.action === action && seen.phase === "noted");
}

/** One time that an attack was run, as the history tells it. */
export interface Launch {
  readonly actor: ActorId;
  readonly control: Attempted;
  /** Absent where the control failed and the launch was skipped. */
  readonly launch?: Attempted;
  readonly recovery?: Attempted;
  /** What happened inside each beat, in order. */
  readonly during: {
    readonly control: readonly Observation[];
    readonly attack: readonly Observation[];
    readonly recovery: readonly Observation[];
  };
}

/** Every run of the attack in this record; actors of a second run carry `#2` behind the id. */
export function launchesOf(record: RunRecord, attack: string): readonly Launch[] {
  const actors = new Map<ActorId, Observation[]>();
  for (const seen of record.history) {
    if (seen.actor !== `attack:${attack}` && !seen.actor.startsWith(`attack:${attack}#`)) continue;
    const mine = actors.get(seen.actor);
    if (mine) mine.push(seen);
    else actors.set(seen.actor, [seen]);
  }
  return [...actors].flatMap(([actor, seen]) => {
    const [control] = attemptsOf(seen, "control");
    if (control === undefined) return [];
    const [launch] = attemptsOf(seen, "launch");
    const [recovery] = attemptsOf(seen, "recovery");
    const during = {
      control: seen.filter(({ beat }) => beat === "control"),
      attack: seen.filter(({ beat }) => beat === "attack"),
      recovery: seen.filter(({ beat }) => beat === "recovery"),
    };
    return [{ actor, control, ...(launch && { launch }), ...(recovery && { recovery }), during }];
  });
}

/**
 * Judges every run of an attack with the discipline of the three beats: no run is not-tested; a failed control is
 * inconclusive; a launch that did not come to its end cannot pass; a target that no longer serves cannot pass.
 * `judge` sees only launches whose control held. Several runs together answer as {@link together} says.
 */
export function judgeLaunches(record: RunRecord, attack: string, judge: (launch: Launch) => Answer): Answer {
  const launches = launchesOf(record, attack);
  if (launches.length === 0) return { verdict: "not-tested", says: `${attack} was not run`, evidence: [] };
  const answers = launches.map((launch) => disciplined(launch, judge));
  const verdict = together(answers.map((answer) => answer.verdict));
  return answers.find((answer) => answer.verdict === verdict) ?? answers[0] ?? never(attack);
}

function disciplined(run: Launch, judge: (launch: Launch) => Answer): Answer {
  const { control, launch, recovery } = run;
  if (control.phase !== "ok") {
    const why = control.ended?.error?.message ?? "it did not end";
    return inconclusive(`the control failed, so the attack says nothing: ${why}`, control);
  }
  if (launch === undefined) return inconclusive("the run ended before the attack was launched", control);
  const answer = judge(run);
  if (answer.verdict !== "pass") return answer;
  if (launch.phase !== "ok") {
    return inconclusive(
      `the attack did not come to its end: ${launch.ended?.error?.message ?? "the run ended"}`,
      launch,
    );
  }
  if (recovery?.phase !== "ok") {
    const why = recovery?.ended?.error?.message ?? "the run ended before";
    return inconclusive(`it resisted, but was not seen serving afterwards: ${why}`, recovery ?? launch);
  }
  return { ...answer, evidence: [...answer.evidence, recovery.began.seq] };
}

function inconclusive(says: string, by: Attempted): Answer {
  return { verdict: "inconclusive", says, evidence: [by.began.seq, ...(by.ended ? [by.ended.seq] : [])] };
}

function never(attack: string): never {
  throw new Error(`${attack}: a list that was not empty is empty`);
}
