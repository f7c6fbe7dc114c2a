import type { Bench, Clock } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import type { Asker, Order } from "./access-asker.ts";

/** Limits of requests are counted by the second, as far as they were seen. */
const rateWindowMs = 1_000;

/** What was answered: the reply, and in a word `4.01`, `RST`, or nothing. */
export interface Answered {
  readonly reply: CoapReply | undefined;
  readonly answer: string;
  /** What the last question took, milliseconds. */
  readonly tookMs: number;
}

/**
 * Asks, and once more who was told to come less often, or got nothing. Never throws.
 * @param isEnough asked after silence: whether the first question has had its effect, so that another is needless.
 */
export async function askPatiently(
  { clock, signal }: Pick<Bench, "clock" | "signal">,
  asker: Asker,
  order: Order,
  withinMs: number,
  isEnough: () => Promise<boolean> | boolean = () => false,
): Promise<Answered> {
  const first = await askOnce(clock, asker, order, withinMs);
  if (first.answer !== "" && first.reply?.code !== code.tooManyRequests) return first;
  if (first.reply !== undefined) await clock.sleep(rateWindowMs, signal);
  else if (await isEnough()) return first;
  return signal.aborted ? first : askOnce(clock, asker, order, withinMs);
}

/** Asks once. Never throws. */
export async function askOnce(clock: Clock, asker: Asker, order: Order, withinMs: number): Promise<Answered> {
  const beganMs = clock.nowMs();
  const after = (reply: CoapReply | undefined, answer: string) => ({ reply, answer, tookMs: clock.nowMs() - beganMs });
  try {
    const reply = await asker.ask(order, withinMs);
    return after(reply, codeText(reply.code));
  } catch (cause) {
    return after(undefined, cause instanceof Refused ? "RST" : "");
  }
}
