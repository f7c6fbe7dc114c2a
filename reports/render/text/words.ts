import type { Verdict } from "#contract/check.ts";

/** Keeps a number and its unit on one line. */
const space = "\u00a0";

/** `43 %`; a share that is not all and not nothing is never shown as either. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return `99${space}%`;
  if (rounded === 0 && share > 0) return `<1${space}%`;
  return `${rounded}${space}%`;
}

/** `850 ms`, `7.2 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}${space}ms`;
  const seconds = Math.round(ms / 100) / 10;
  if (seconds < 120) return `${seconds}${space}s`;
  return `${Math.floor(seconds / 60)}${space}min ${Math.round(seconds % 60)}${space}s`;
}

/** Points with one decimal, never rounded up: 89.96 points are not 90. */
export function points(value: number): string {
  return (Math.floor(value * 10 + 1e-6) / 10).toFixed(1);
}

/** `1 check`, `3 checks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Begins with a capital, unless it begins with a name such as `mqtt.topic-snoop`. */
export function sentence(text: string): string {
  return /^[a-z]+(?=[\s,;:]|$)/.test(text) ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text;
}

/** Verdicts in the order in which they are counted, each as read and with a sign that does not depend on colour. */
export const verdictWords: readonly { readonly verdict: Verdict; readonly word: string; readonly sign: string }[] = [
  { verdict: "pass", word: "pass", sign: "✓" },
  { verdict: "fail", word: "fail", sign: "✗" },
  { verdict: "inconclusive", word: "inconclusive", sign: "?" },
  { verdict: "not-tested", word: "not tested", sign: "–" },
  { verdict: "not-applicable", word: "not applicable", sign: "∅" },
  { verdict: "error", word: "error", sign: "!" },
];

/** How one verdict is read. */
export function wordOf(verdict: Verdict): { readonly word: string; readonly sign: string } {
  return verdictWords.find((each) => each.verdict === verdict) ?? { word: verdict, sign: "" };
}
