import { z } from "zod";
import type { Answer } from "#contract/check.ts";
import { fieldOf, foundIn, seqOf, textOf } from "#contract/detail.ts";
import { type Attempted, attemptsOf, type Launch, notesOf } from "#contract/judging.ts";
import type { RunRecord } from "#contract/record.ts";
import { isAllowed } from "./message-answer.ts";

const plannedNote = z.object({ planned: z.array(z.string()) });

function plannedIn({ during }: Launch): number {
  const plan = plannedNote.safeParse(notesOf(during.attack, "vectors")[0]?.detail);
  return plan.success ? plan.data.planned.length : 0;
}

/** Whether the bystander was answered after every batch. */
export function judgeVectorSurvival(run: Launch, record: RunRecord): Answer {
  const asked = attemptsOf(run.during.attack, "bystander");
  const lost = asked.find((one) => one.phase !== "ok" && !isCutShort(one));
  if (lost) return judgeLoss(lost, run, record);
  const sent = attemptsOf(run.during.attack, "vector").length;
  const planned = plannedIn(run);
  const evidence = asked.map(seqOf);
  if (sent === 0 || sent < planned || asked.some(isCutShort)) {
    const says = `only ${sent} of ${planned} vectors were sent; an innocent client was answered so far`;
    return { verdict: "inconclusive", says, evidence };
  }
  return { verdict: "pass", says: `an innocent client was answered after all ${sent} vectors`, evidence };
}

function judgeLoss(lost: Attempted, run: Launch, record: RunRecord): Answer {
  const newcomer = attemptsOf(run.during.attack, "newcomer").find((one) => !isCutShort(one));
  const end = endOf(record, run);
  const evidence = [seqOf(lost), ...(newcomer ? [seqOf(newcomer)] : []), ...(end ? [end.seq] : [])];
  const after = `after ${textOf(lost.began.detail, "after")} an innocent client got no answer any more`;
  const told = end ? `; the target itself had ended (${end.action})` : "";
  if (newcomer?.phase !== "ok") {
    const says = `${after}, and neither did a fresh one${told}`;
    return { verdict: newcomer === undefined && end === undefined ? "inconclusive" : "fail", says, evidence };
  }
  const isSecure = fieldOf(lost.began.detail, "isSecure") === true;
  if (!isSecure && end === undefined) {
    return { verdict: "inconclusive", says: `${after}, but a fresh one did`, evidence };
  }
  const gone = isSecure ? ": its DTLS session was gone, as after a restart" : "";
  return { verdict: "fail", says: `${after}${gone}; a fresh one was served again${told}`, evidence };
}

/** Whether the stage ended before it had been waited for long enough, so that silence says nothing. */
function isCutShort(one: Attempted): boolean {
  return one.ended === undefined || fieldOf(foundIn(one), "isCutShort") === true;
}

/** What the target itself said about its end between the launch and the end of the recovery. */
function endOf({ history }: RunRecord, { launch, recovery }: Launch) {
  const from = launch?.began.seq ?? Number.POSITIVE_INFINITY;
  const to = recovery?.ended?.seq ?? Number.POSITIVE_INFINITY;
  const between = history.filter(({ seq, actor }) => seq > from && seq < to && actor.startsWith("target:"));
  return [...notesOf(between, "exited"), ...notesOf(between, "server.down")][0];
}

/** Whether each was answered as its clause allows. */
export function judgeVectorAnswers(launch: Launch): Answer {
  const planned = plannedIn(launch);
  const sent = attemptsOf(launch.during.attack, "vector").filter((one) => answerIn(one) !== "");
  const wrong = sent.filter((one) => !isRight(one));
  const trials = { planned, run: sent.length, passed: sent.length - wrong.length };
  // A server that has stopped answering rejects nothing; what it did not answer says nothing about its rules.
  if (wrong.some((one) => answerIn(one) !== "silent") || (wrong.length > 0 && isServing(launch))) {
    const done = wrong.filter((one) => /2\.\d\d$/.test(answerIn(one))).length;
    const how = done > 0 ? `, ${done} of them with success` : "";
    const says = `${wrong.length} of ${sent.length} vectors were answered otherwise than they must be${how}: ${named(wrong)}`;
    return { verdict: "fail", says, evidence: wrong.map(seqOf), trials };
  }
  const evidence = sent.map(seqOf);
  if (sent.length === 0 || sent.length < planned || wrong.length > 0) {
    const says = `only ${sent.length} of ${planned} vectors came to an end, ${wrong.length} of them without the answer that was due`;
    return { verdict: "inconclusive", says, evidence, trials };
  }
  return { verdict: "pass", says: `all ${sent.length} vectors were answered as they must be`, evidence, trials };
}

function answerIn(one: Attempted): string {
  return one.ended === undefined ? "" : textOf(foundIn(one), "answer");
}

const rule = z.object({ allow: z.array(z.string()) });

function isRight(one: Attempted): boolean {
  const told = rule.safeParse(one.began.detail);
  return told.success && isAllowed(answerIn(one), told.data.allow);
}

function isServing({ during }: Launch): boolean {
  const asked = attemptsOf(during.attack, "bystander");
  return asked.length > 0 && asked.every(({ phase }) => phase === "ok");
}

function named(sent: readonly Attempted[]): string {
  const names = sent.map((one) => {
    const { detail } = one.began;
    return `${textOf(detail, "id")}, ${textOf(detail, "what")}, got ${answerIn(one)} (${textOf(detail, "clause")})`;
  });
  const more = names.length > 5 ? `; and ${names.length - 5} more` : "";
  return `${names.slice(0, 5).join("; ")}${more}`;
}
