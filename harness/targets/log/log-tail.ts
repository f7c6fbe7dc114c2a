import type { Bench } from "#contract/bench.ts";

const keptLines = 40;
const noteEveryMs = 1_000;

/** What a line is about, and the sign of it. */
export type LogKind = readonly [kind: string, sign: RegExp];

/**
 * Reads a program's log: keeps the last lines, and writes how many there were of each kind to the history, at most once
 * a second, as note `log`. A busy broker writes thousands of lines a second, so they are never recorded one by one.
 */
export class LogTail {
  readonly #bench: Pick<Bench, "clock" | "observe">;
  readonly #kinds: readonly LogKind[];
  readonly #lines: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #totals = new Map<string, number>();
  #rest = "";
  #notedMs: number;

  /** @param kinds the first whose sign matches a line counts; a line without any is `other`. */
  constructor(bench: Pick<Bench, "clock" | "observe">, kinds: readonly LogKind[]) {
    this.#bench = bench;
    this.#kinds = kinds;
    this.#notedMs = bench.clock.nowMs();
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Lines of this kind so far. */
  count(kind: string): number {
    return this.#totals.get(kind) ?? 0;
  }

  add(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    // A line without end must not grow for ever.
    this.#rest = lines.pop()?.slice(0, 4_096) ?? "";
    for (const line of lines) this.#take(line);
    if (this.#bench.clock.nowMs() - this.#notedMs >= noteEveryMs) this.flush();
  }

  /** Writes what has not been written yet. */
  flush(): void {
    this.#notedMs = this.#bench.clock.nowMs();
    if (this.#counts.size === 0) return;
    this.#bench.observe.note("log", { lines: Object.fromEntries(this.#counts), last: this.#lines.at(-1) ?? "" });
    this.#counts.clear();
  }

  #take(line: string): void {
    if (line.trim() === "") return;
    const kind = this.#kinds.find(([, sign]) => sign.test(line))?.[0] ?? "other";
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#totals.set(kind, (this.#totals.get(kind) ?? 0) + 1);
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
  }
}
