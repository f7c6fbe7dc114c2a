import type { Bench } from "#contract/bench.ts";
import { isObject } from "#contract/detail.ts";
import { notesOf } from "#contract/judging.ts";
import type { JsonObject, Observation, WireReference } from "#contract/observation.ts";
import type { Message } from "./session.ts";

/** Whoever may receive a message. */
export interface Receiver {
  readonly reference: WireReference;
  readonly isOpen: boolean;
  until(predicate: (message: Message) => boolean, withinMs: number): Promise<Message | undefined>;
}

/** Whether a canary reached somebody, as the history tells it. */
export interface Delivery {
  readonly seq: number;
  readonly delivered: boolean;
  /** What the watcher said about it: who received, which filter, … */
  readonly detail: JsonObject;
}

const action = "delivery";

/**
 * Waits for a canary at a receiver, and notes whether it came: the only thing by which an authorisation is judged.
 * A receiver whose connection ends before is told at once that it did not come.
 */
export async function watchDelivery(
  bench: Bench,
  to: Receiver,
  canary: string,
  withinMs: number,
  detail: JsonObject,
): Promise<boolean> {
  const message = await to.until(({ payload }) => payload.includes(canary), withinMs);
  const seen = message ? { topic: message.topic, retain: message.retain } : { stillConnected: to.isOpen };
  bench.observe.note(action, { ...detail, canary, delivered: message !== undefined, withinMs, ...seen }, to.reference);
  return message !== undefined;
}

/** The deliveries among these observations that were watched for with all of `detail`. */
export function deliveriesOf(observations: readonly Observation[], detail: JsonObject = {}): readonly Delivery[] {
  return notesOf(observations, action).flatMap(({ seq, detail: seen }) => {
    if (!isObject(seen)) return [];
    const asked = Object.entries(detail).every(([key, value]) => seen[key] === value);
    return asked ? [{ seq, delivered: seen["delivered"] === true, detail: seen }] : [];
  });
}
