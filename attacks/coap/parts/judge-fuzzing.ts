import type { Answer } from "#contract/check.ts";
import { fieldOf } from "#contract/detail.ts";
import { type Launch, notesOf } from "#contract/judging.ts";
import type { Observation } from "#contract/observation.ts";

/** Judges one launch of a fuzzing attack by its notes `fuzz.account` and `fuzz.finding`. */
export function judgeFuzzing({ during: { attack } }: Launch): Answer {
  const [account] = notesOf(attack, "fuzz.account");
  const findings = notesOf(attack, "fuzz.finding");
  const proven = findings.filter((seen) => numberOf(seen, "silent") > 0 || fieldOf(seen.detail, "cameBack") === false);
  const cases = account === undefined ? 0 : numberOf(account, "cases");
  const trials = { planned: cases, run: cases, passed: cases - findings.length };
  const [first] = proven;
  if (first !== undefined) return { ...failure(first, proven.length), evidence: proven.map(({ seq }) => seq), trials };
  if (findings.length > 0) {
    const says = `it fell silent ${times(findings.length)}, and no sequence silenced it again`;
    return { verdict: "inconclusive", says, evidence: findings.map(({ seq }) => seq), trials };
  }
  if (account === undefined || cases === 0 || numberOf(account, "answers") === 0) {
    return {
      verdict: "inconclusive",
      says: "no odd message was seen to arrive",
      evidence: account ? [account.seq] : [],
    };
  }
  const kinds = numberOf(account, "features");
  return {
    verdict: "pass",
    says: `it answered others after each of ${cases} odd sequences (${numberOf(account, "messages")} messages, ${kinds} kinds of answers)`,
    evidence: [account.seq],
    trials,
  };
}

function failure(finding: Observation, found: number): Pick<Answer, "verdict" | "says"> {
  const messages = numberOf(finding, "messages");
  const what = messages === 1 ? "one message silences it" : `a sequence of ${messages} messages silences it`;
  const more = found > 1 ? `; ${found} such sequences were found` : "";
  const file = fieldOf(finding.detail, "file");
  const kept = typeof file === "string" ? `, kept in ${file}` : "";
  if (fieldOf(finding.detail, "cameBack") === false) {
    const says = `it fell silent after some of ${messages} messages and did not come back${kept}${more}`;
    return { verdict: "fail", says };
  }
  const says = `${what}, ${numberOf(finding, "silent")} of ${numberOf(finding, "replays")} times${kept}${more}`;
  return { verdict: "fail", says };
}

function times(number: number): string {
  return number === 1 ? "once" : `${number} times`;
}

function numberOf({ detail }: Observation, name: string): number {
  const value = fieldOf(detail, name);
  return typeof value === "number" ? value : 0;
}
