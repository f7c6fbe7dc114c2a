import type { Answer } from "#contract/check.ts";
import type { Launch } from "#contract/judging.ts";
import type { Pursuit } from "./access-pursuit.ts";

/**
 * Judges pursuits: one that reached its goal is a fail, one of which nobody knows leaves it open.
 * @param words `did` follows "a stranger": `read /config`; `held` is the sentence of a pass, after the number of tries.
 */
export function judgePursuits(
  pursuits: readonly Pursuit[],
  words: { readonly did: string; readonly held: string; readonly untried: string },
): Answer {
  const [reached, open] = [
    pursuits.filter((one) => one.reached === true),
    pursuits.filter((one) => one.reached === undefined),
  ];
  const [total, lost] = [pursuits.length, reached.length];
  const measure = { kind: "graded", total, survived: total - lost - open.length, lost } as const;
  if (lost > 0) {
    const says = `${words.did}: ${namesOf(reached)}`;
    return { verdict: "fail", says, evidence: reached.map(({ seq }) => seq), measure };
  }
  if (total === 0) return { verdict: "not-tested", says: words.untried, evidence: [] };
  if (open.length > 0) {
    const says = `of ${open.length} of ${total} tries nobody knows what came of them: ${namesOf(open)}`;
    return { verdict: "inconclusive", says, evidence: open.map(({ seq }) => seq) };
  }
  const answers = [...new Set(pursuits.map(({ answer }) => (answer === "" ? "silence" : answer)))].toSorted();
  const says = `${total} of ${total} ${words.held} (${answers.join(", ")})`;
  return { verdict: "pass", says, evidence: pursuits.map(({ seq }) => seq), measure };
}

const mostNamed = 6;

function namesOf(pursuits: readonly Pursuit[]): string {
  const names = [...new Set(pursuits.map(({ who, how, path }) => `${who}: ${how}${path === "" ? "" : ` /${path}`}`))];
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : "";
  return names.slice(0, mostNamed).join(", ") + more;
}

/** Adds to a fail that the target was not seen serving afterwards, which is worth more than what was asked. */
export function withAftermath(answer: Answer, { recovery }: Launch): Answer {
  if (answer.verdict !== "fail" || recovery === undefined || recovery.phase === "ok") return answer;
  const says = `${answer.says}; and it was not seen serving afterwards`;
  return { ...answer, says, evidence: [...answer.evidence, (recovery.ended ?? recovery.began).seq] };
}
