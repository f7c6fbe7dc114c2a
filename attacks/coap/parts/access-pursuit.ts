import type { Bench } from "#contract/bench.ts";
import { fieldOf, foundIn, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf } from "#contract/judging.ts";
import type { Observation } from "#contract/observation.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import type { Asker, Order } from "./access-asker.ts";
import { askOnce, askPatiently } from "./access-patience.ts";
import { saysNo } from "./access-reply.ts";

/** What an attacker wants, and one way to get it. */
export interface Goal {
  readonly goal: string;
  /** In words of a report: `PUT`, `GET with the segments joined`. */
  readonly how: string;
  /** What it is aimed at; empty where `how` says it all. */
  readonly path: string;
}

/** Whether the goal was reached; undefined where nobody knows. No reply means that none came in time, or a RST. */
export type Reached = (reply: CoapReply | undefined) => boolean | undefined | Promise<boolean | undefined>;

/** One pursuit of a goal, as the history tells it. */
export interface Pursuit extends Goal {
  readonly who: string;
  readonly seq: number;
  /** What was answered: `4.01`, `RST`; empty where nothing was. */
  readonly answer: string;
  readonly reached: boolean | undefined;
}

const action = "pursue";

/**
 * Asks, and records what came of it: `ok` only where the goal was reached, `refused` where the server said no.
 * Who is told to come less often, or gets nothing, asks once more, unless it is to be `isOnce` or was not heard before.
 */
export async function pursue(
  bench: Bench,
  asker: Asker,
  goal: Goal,
  order: Order,
  {
    withinMs,
    reached,
    isOnce = false,
  }: { readonly withinMs: number; readonly reached: Reached; readonly isOnce?: boolean },
): Promise<boolean | undefined> {
  let isReached: boolean | undefined;
  await bench.observe.attempt(action, { ...goal, who: asker.who }, async (trace) => {
    trace.wire(asker.reference);
    const { reply, answer } = await (isOnce || asker.isUnheard
      ? askOnce(bench.clock, asker, order, withinMs)
      : askPatiently(bench, asker, order, withinMs, async () => (await reached(undefined)) === true));
    trace.detail({ answer, ...(reply && { bytes: reply.payload.length }) });
    isReached = (await reached(reply)) ?? (answer === "RST" ? false : undefined);
    trace.detail({ reached: isReached ?? null });
    if (isReached === true) return;
    if (answer === "RST" || (reply !== undefined && saysNo(reply))) throw new Refused(answer, `answered ${answer}`);
    throw new Error(answer === "" ? `no answer within ${withinMs} ms` : `answered ${answer}, but nothing came of it`);
  });
  return isReached;
}

/** The pursuits of these goals among the observations, of all goals where none is named. */
export function pursuitsOf(observations: readonly Observation[], goals: readonly string[] = []): readonly Pursuit[] {
  return attemptsOf(observations, action).flatMap((attempt) => {
    const { began } = attempt;
    const goal = textOf(began.detail, "goal");
    if (goals.length > 0 && !goals.includes(goal)) return [];
    const found = foundIn(attempt);
    const reached = fieldOf(found, "reached");
    return [
      {
        goal,
        who: textOf(began.detail, "who"),
        how: textOf(began.detail, "how"),
        path: textOf(began.detail, "path"),
        answer: textOf(found, "answer"),
        reached: typeof reached === "boolean" ? reached : undefined,
        seq: seqOf(attempt),
      },
    ];
  });
}
