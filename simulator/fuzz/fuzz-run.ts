import type { Bench, Random } from "#contract/bench.ts";
import { Corpus } from "./corpus.ts";
import type { FuzzGround, FuzzProtocol, Sequence, Step } from "./fuzz-protocol.ts";
import { minimiseList, simplify, type TrialBudget } from "./minimise.ts";

/** What a run of the fuzzer may cost; it never goes past any of these. */
export interface FuzzBudget {
  /** Sequences to try. */
  readonly cases: number;
  /** Time on the bench's clock after which nothing new is tried, milliseconds. */
  readonly tryUntilMs: number;
  /** Time at which it ends, in the middle of minimising a finding, too, milliseconds. */
  readonly untilMs: number;
  /** Most messages of one sequence. */
  readonly mostLength: number;
  /** Sequences between two looks for life. */
  readonly batch: number;
  /** Findings after which it ends. */
  readonly mostFindings: number;
  /** Trials to minimise one finding. */
  readonly minimiseTrials: number;
  /** How often a minimised finding is sent again. */
  readonly replays: number;
  /** How long a target that fell silent is waited for, milliseconds. */
  readonly recoversWithinMs: number;
}

/** A sequence after which the target showed no life. */
export interface Finding {
  /** As short as the budget allowed. */
  readonly steps: readonly Step[];
  /** Number of the case, from 0, in whose batch it was found. */
  readonly case: number;
  /** Messages that were under way when it fell silent, before they were made fewer. */
  readonly messagesBefore: number;
  readonly trials: number;
  /** Whether the target fell silent once more when it was all sent again. */
  readonly isRepeatable: boolean;
  /** Of so many times that it was sent again to a target that lived, so many led to silence. */
  readonly replays: { readonly sent: number; readonly silent: number };
  /** False where the target never came back, so that nothing could be sent again. */
  readonly cameBack: boolean;
}

/** What a run of the fuzzer did. */
export interface FuzzAccount {
  /** Sequences after which the target was seen alive, or that led to a finding. */
  readonly cases: number;
  readonly messages: number;
  readonly answers: number;
  /** Batches after which life showed late, and which did not bring that about again. */
  readonly late: number;
  /** Different answers, and sequences that were kept for bringing one. */
  readonly features: number;
  readonly kept: number;
  readonly findings: readonly Finding[];
  readonly tookMs: number;
}

/** Batches before the one that silenced the target which may have prepared it: the last ones first, then all that are kept. */
const lastBatches = 3;
const mostRemembered = 2_000;

/**
 * Sends sequences that it changes by what came back, and looks for life after every batch. Where there is none, it waits
 * for the target to come back, and searches for the shortest sequence that silences it again.
 * The decisions follow the bench's random stream and the answers: against a deterministic target, the same seed runs the
 * same cases.
 */
export async function fuzz(
  bench: Pick<Bench, "random" | "clock" | "signal">,
  protocol: FuzzProtocol,
  given: FuzzGround,
  budget: FuzzBudget,
): Promise<FuzzAccount> {
  const { clock, random, signal } = bench;
  const beganMs = clock.nowMs();
  const ground = renewing(given, protocol, random);
  const corpus = new Corpus(protocol, random, budget.mostLength);
  const isOver = () => signal.aborted || clock.nowMs() >= budget.untilMs;
  const findings: Finding[] = [];
  const sums = { cases: 0, messages: 0, answers: 0, late: 0 };
  let earlier: (readonly Sequence[])[] = [];
  while (sums.cases < budget.cases && clock.nowMs() < budget.tryUntilMs && !isOver()) {
    const size = Math.min(budget.batch, ground.endpoints, budget.cases - sums.cases);
    const batch = Array.from({ length: size }, () => corpus.next());
    const { answers, life } = await ground.send(stepsOf(batch));
    for (const [at, sequence] of batch.entries()) {
      const heard = answers[at] ?? [];
      sums.messages += sequence.length;
      sums.answers += heard.length;
      corpus.learn(sequence, heard);
    }
    if (life === "at once") {
      sums.cases += batch.length;
      earlier.push(batch);
      if (earlier.length > mostRemembered) earlier.shift();
      continue;
    }
    const finding = await triage({ protocol, ground, budget, isOver }, batch, earlier, sums.cases);
    sums.cases += batch.length;
    // A target that only answered late was perhaps busy: what does not come again is no finding.
    if (life === "none" || finding.isRepeatable) findings.push(finding);
    else sums.late++;
    if (!finding.cameBack || findings.length >= budget.mostFindings) break;
    earlier = [];
  }
  return {
    ...sums,
    features: corpus.features,
    kept: corpus.size - protocol.seeds.length,
    findings,
    tookMs: clock.nowMs() - beganMs,
  };
}

/** Sends steps again and again; says how often they silenced a target that lived before, which is waited for each time. */
export async function replay(
  ground: FuzzGround,
  steps: readonly Step[],
  {
    times,
    recoversWithinMs,
    isOver,
  }: { readonly times: number; readonly recoversWithinMs: number; readonly isOver: () => boolean },
): Promise<{ readonly sent: number; readonly silent: number; readonly cameBack: boolean }> {
  const sums = { sent: 0, silent: 0 };
  for (let time = 0; time < times && !isOver(); time++) {
    if (!(await ground.recovers(recoversWithinMs))) return { ...sums, cameBack: false };
    sums.sent++;
    if (await isSilenced(ground, steps, recoversWithinMs)) sums.silent++;
  }
  return { ...sums, cameBack: await ground.recovers(recoversWithinMs) };
}

/** Life that shows late counts as silence only where it does so twice. */
async function isSilenced(ground: FuzzGround, steps: readonly Step[], recoversWithinMs: number): Promise<boolean> {
  const { life } = await ground.send(steps);
  if (life !== "late") return life === "none";
  await ground.recovers(recoversWithinMs);
  return (await ground.send(steps)).life !== "at once";
}

/** The ground, but whatever is sent there gets new ids. */
export function renewing(ground: FuzzGround, protocol: FuzzProtocol, random: Random): FuzzGround {
  return {
    endpoints: ground.endpoints,
    send: (steps) => ground.send(protocol.renew(steps, random)),
    ...(ground.fresh && { fresh: ground.fresh }),
    recovers: (withinMs) => ground.recovers(withinMs),
  };
}

/** What a search for the shortest failing sequence needs. */
interface Search {
  readonly protocol: FuzzProtocol;
  readonly ground: FuzzGround;
  readonly budget: FuzzBudget;
  readonly isOver: () => boolean;
}

async function triage(
  search: Search,
  batch: readonly Sequence[],
  earlier: readonly (readonly Sequence[])[],
  number: number,
): Promise<Finding> {
  const { ground, budget, isOver } = search;
  const steps = stepsOf(batch);
  const unreduced = {
    case: number,
    messagesBefore: steps.length,
    trials: 0,
    isRepeatable: false,
    replays: { sent: 0, silent: 0 },
  };
  if (!(await ground.recovers(budget.recoversWithinMs))) return { ...unreduced, steps, cameBack: false };
  let cameBack = true;
  const { fresh } = ground;
  let isFresh = false;
  const silencesOnce = async (candidate: readonly Step[]) => {
    if (candidate.length === 0 || !cameBack) return false;
    if (fresh !== undefined && !isFresh) await fresh();
    isFresh = false;
    const { life } = await ground.send(candidate);
    if (life === "at once") return false;
    isFresh = fresh !== undefined;
    cameBack = fresh === undefined ? await ground.recovers(budget.recoversWithinMs) : await fresh();
    return true;
  };
  // What an earlier trial left behind may have done half of it; where it cannot be swept away, it has to happen once more
  // from the state after recovery.
  const silences = async (candidate: readonly Step[]) =>
    (await silencesOnce(candidate)) && (fresh !== undefined || (await silencesOnce(candidate)));
  const trials: TrialBudget = { left: budget.minimiseTrials, isOver: () => isOver() || !cameBack };
  const before = (count: number) => earlier.slice(-count).flatMap((each) => stepsOf(each));
  const candidates = [steps, [...before(lastBatches), ...steps], [...before(mostRemembered), ...steps]];
  const failing = await firstThatFails(candidates, silences, trials);
  const shortest = failing === undefined ? steps : await shorten(search.protocol, failing, silences, trials);
  const replays = await replay(ground, shortest, {
    times: budget.replays,
    recoversWithinMs: budget.recoversWithinMs,
    isOver: () => isOver() || !cameBack,
  });
  return {
    steps: renumbered(shortest),
    case: number,
    messagesBefore: failing?.length ?? steps.length,
    trials: budget.minimiseTrials - trials.left,
    isRepeatable: failing !== undefined,
    replays: { sent: replays.sent, silent: replays.silent },
    cameBack: cameBack && replays.cameBack,
  };
}

/** Sometimes the batch alone does it, sometimes only after what went before. */
async function firstThatFails(
  candidates: readonly (readonly Step[])[],
  silences: (candidate: readonly Step[]) => Promise<boolean>,
  trials: TrialBudget,
): Promise<readonly Step[] | undefined> {
  for (const candidate of candidates) {
    if (trials.left <= 0 || trials.isOver()) return undefined;
    trials.left--;
    if (await silences(candidate)) return candidate;
  }
  return undefined;
}

/** First fewer messages, then simpler ones. */
async function shorten(
  protocol: FuzzProtocol,
  failing: readonly Step[],
  silences: (candidate: readonly Step[]) => Promise<boolean>,
  trials: TrialBudget,
): Promise<readonly Step[]> {
  const few = await minimiseList(failing, silences, trials);
  const simpler = (steps: readonly Step[]) =>
    steps.flatMap((step, at) =>
      protocol
        .simpler(step.bytes)
        .filter((bytes) => isSimpler(bytes, step.bytes))
        .map((bytes) => steps.with(at, { ...step, bytes })),
    );
  return simplify(few, simpler, silences, trials);
}

/** Shorter, or as long and smaller as a number: nothing can become simpler for ever. */
function isSimpler(one: Buffer, other: Buffer): boolean {
  return one.length < other.length || (one.length === other.length && Buffer.compare(one, other) < 0);
}

/** Each sequence of a batch has an endpoint of its own; more sequences than endpoints share them. */
function stepsOf(batch: readonly Sequence[]): readonly Step[] {
  return batch.flatMap((sequence, from) => sequence.map((bytes) => ({ from, bytes })));
}

/** Endpoints numbered from 0 in the order in which they speak. */
function renumbered(steps: readonly Step[]): readonly Step[] {
  const numbers = new Map<number, number>();
  return steps.map(({ from, bytes }) => {
    const number = numbers.get(from) ?? numbers.size;
    numbers.set(from, number);
    return { from: number, bytes };
  });
}
