import { clearLine, cursorTo } from "node:readline";
import type { Verdict } from "#contract/check.ts";
import { LabError } from "#contract/errors.ts";

/** What a person sees: results on standard output, everything else on standard error. */
export interface Terminal {
  /** A line of the result. */
  result(text: string): void;
  /** A line of progress; left out when quiet. */
  line(text: string): void;
  /** The live line: replaced by the next one on a terminal, left out elsewhere. */
  live(text: string): void;
  readonly paint: (style: Style, text: string) => string;
  /** A fault of the lab, with what to do next. */
  fault(error: unknown): void;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export function openTerminal(options: { readonly quiet: boolean; readonly color: boolean }): Terminal {
  const { stdout, stderr } = process;
  const live = stderr.isTTY && !options.quiet;
  const clear = () => {
    if (!live) return;
    clearLine(stderr, 0);
    cursorTo(stderr, 0);
  };
  return {
    result: (text) => {
      clear();
      stdout.write(`${text}\n`);
    },
    line: (text) => {
      if (options.quiet) return;
      clear();
      stderr.write(`${text}\n`);
    },
    live: (text) => {
      if (!live) return;
      clear();
      stderr.write(text.slice(0, (stderr.columns ?? 80) - 1));
    },
    paint: (style, text) => {
      const [on, off] = codes[style];
      return options.color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
    },
    fault: (error) => {
      clear();
      stderr.write(`${faultText(error)}\n`);
    },
  };
}

/** One message for an error: code, what is wrong, what to do next. An unexpected one shows its stack, which is for us. */
export function faultText(error: unknown): string {
  if (error instanceof LabError) return `seatrial: ${error.code}: ${error.message}\n  ${error.hint}`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `seatrial: this is a fault of seatrial itself, please report it:\n${stack}`;
}

const marks: Readonly<Record<Verdict, readonly [string, Style]>> = {
  pass: ["pass", "green"],
  fail: ["FAIL", "red"],
  inconclusive: ["open", "yellow"],
  "not-tested": ["none", "dim"],
  "not-applicable": ["n/a ", "dim"],
  error: ["ERR ", "red"],
};

/** Four letters for a verdict, so that colour is never the only sign. */
export function markOf(verdict: Verdict, { paint }: Pick<Terminal, "paint">): string {
  const [text, style] = marks[verdict];
  return paint(style, text);
}
