import type { History, Observation } from "#contract/observation.ts";
import type { Excerpt } from "#contract/report.ts";

const mostLines = 12;
const mostCharacters = 240;

/** The lines that an answer cites, and how the cited attempts ended; the first dozen, shortened. */
export function excerptsOf(history: History, evidence: readonly number[]): readonly Excerpt[] {
  const cited = [...new Set(evidence)].slice(0, mostLines).flatMap((seq) => history[seq] ?? []);
  const endings = cited.flatMap((seen) => (seen.phase === "attempt" ? (endingOf(history, seen) ?? []) : []));
  const lines = new Map([...cited, ...endings].slice(0, mostLines).map((seen) => [seen.seq, seen]));
  return [...lines.values()].toSorted((one, other) => one.seq - other.seq).map(excerptOf);
}

function endingOf(history: History, { seq }: Observation): Observation | undefined {
  return history.find((seen) => seen.attempt === seq);
}

function excerptOf({ seq, atMs, actor, action, phase, beat, detail, error, wire }: Observation): Excerpt {
  const parts = [
    ...(detail === undefined || detail === null ? [] : [JSON.stringify(detail)]),
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
  ];
  return {
    seq,
    atMs,
    actor,
    action,
    phase,
    ...(beat && { beat }),
    text: shortened(parts.join(" ")),
    ...(wire && { wire }),
  };
}

function shortened(text: string): string {
  // Half of a character that takes two code units would make the report an invalid text.
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters).toWellFormed()}…`;
}
