import type { RunRecord } from "#contract/record.ts";
import { skipReason, unitOf } from "./untested.ts";

/**
 * Why an assessment earns no letter: it did not come to its end, or an attack of its plan was not made.
 * A disruption that the target cannot undergo does not count; its checks stay unproven.
 * @returns undefined where the whole plan was attempted
 */
export function whyUngraded(record: RunRecord): string | undefined {
  const { header, history } = record;
  if (header.state !== "completed") return "the assessment did not come to its end";
  const begun = new Set(history.filter(({ phase }) => phase === "attempt").map(({ actor }) => unitOf(actor)));
  const planned = header.stages.flatMap(({ attacks }) => attacks.map(({ id }) => id));
  const missed = planned.find((id) => !begun.has(id));
  return missed === undefined ? undefined : (skipReason(missed, record) ?? `${missed} was planned and not made`);
}
