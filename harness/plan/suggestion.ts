import { distance } from "fastest-levenshtein";

/** The known name that was probably meant, or undefined where none is close. */
export function closest(word: string, names: readonly string[]): string | undefined {
  const meant = word.toLowerCase();
  const part = names.find((name) => isPartOf(meant, name.toLowerCase()));
  const [best] = names
    .map((name) => ({ name, away: distance(meant, name.toLowerCase()) }))
    .filter(({ name, away }) => away <= tolerance(Math.min(name.length, word.length)))
    .toSorted((one, other) => one.away - other.away);
  return best?.name ?? part;
}

/** ` ; did you mean "x"?` ready to be put behind a sentence, or nothing where no known name is close. */
export function suggestion(word: string, names: readonly string[]): string {
  const best = closest(word, names);
  return best === undefined ? "" : `; did you mean "${best}"?`;
}

/** One slip in a short name, two in most, more only in long ones. */
function tolerance(length: number): number {
  if (length <= 3) return 1;
  return Math.max(2, Math.floor(length / 4));
}

/** `topic-snoop` for `mqtt.topic-snoop`, `embedded-broker` for `embedded`. */
function isPartOf(word: string, name: string): boolean {
  if (Math.min(word.length, name.length) < 4) return false;
  return (
    word.startsWith(name) ||
    name.startsWith(word) ||
    (/[./:]/.test(name.at(-word.length - 1) ?? "") && name.endsWith(word))
  );
}
