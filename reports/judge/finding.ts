import type { Answer, Check } from "#contract/check.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import type { Finding } from "#contract/report.ts";
import { excerptsOf } from "./excerpts.ts";

/**
 * Puts one question to a record. A check that throws, or that cites a line that the history does not have, is an error.
 * In a run that did not complete a pass becomes inconclusive: what was cut off may have held the failure.
 */
export function findingOf(check: Check, record: RunRecord): Finding {
  const answer = whole(checked(answerOf(check, record), record), record);
  const { id, asks, covers, remedy } = check;
  return {
    ...answer,
    check: id,
    asks,
    covers,
    remedy,
    command: commandFor(check, record.header),
    excerpts: excerptsOf(record.history, answer.evidence),
  };
}

function answerOf(check: Check, record: RunRecord): Answer {
  try {
    return check.judge(record);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { verdict: "error", says: `the check itself broke: ${message}`, evidence: [] };
  }
}

function checked(answer: Answer, { history }: RunRecord): Answer {
  const missing = answer.evidence.find((seq) => history[seq] === undefined);
  if (missing === undefined) return answer;
  const says = `the check cites observation ${missing}, which the history does not have`;
  return { verdict: "error", says, evidence: answer.evidence.filter((seq) => history[seq] !== undefined) };
}

function whole(answer: Answer, { header }: RunRecord): Answer {
  if (header.state === "completed" || answer.verdict !== "pass") return answer;
  const says = `passed as far as the run came, but the run did not complete: ${answer.says}`;
  return { ...answer, verdict: "inconclusive", says };
}

/**
 * The run's own command, narrowed to what this check needs and the run did; a check that needs nothing takes it all.
 * What a load says depends on what is done beside it, so all of its stage stays.
 */
function commandFor({ id, needs }: Check, { command, stages }: RunHeader): string {
  const unfiltered = command.replaceAll(/ --only[= ]\S+/g, "");
  if (needs.length === 0) return unfiltered;
  const underLoad = stages.filter(({ loads = [] }) => loads.some((load) => needs.includes(load.id)));
  const ran = new Set(stages.flatMap(idsOf));
  const planned = new Set([...underLoad.flatMap(idsOf), ...needs.filter((need) => ran.has(need))]);
  return `${unfiltered} --only ${planned.size > 0 ? [...planned].join(",") : id}`;
}

function idsOf({ loads = [], attacks, disruptions }: RunHeader["stages"][number]): readonly string[] {
  return [...loads, ...attacks, ...disruptions].map(({ id }) => id);
}
