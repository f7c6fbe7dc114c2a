const keptLines = 20;
const longestLine = 2_000;

/** What a script itself throws; k6 goes on after it and still ends with 0. */
const exception = /level=error.*source=stacktrace/;

/** The last lines that k6 wrote to its standard error, and how many errors of scripts were among them all. */
export class StderrTail {
  readonly #lines: string[] = [];
  #rest = "";
  #exceptions = 0;
  #firstException: string | undefined;

  get exceptions(): number {
    return this.#exceptions;
  }

  get firstException(): string | undefined {
    return this.#firstException;
  }

  /** Oldest first, without k6's marks of time and level. */
  get last(): string {
    return [...this.#lines, ...(this.#rest === "" ? [] : [wordsOf(this.#rest)])].join("\n");
  }

  add(text: string): void {
    const lines = `${this.#rest}${text}`.split("\n");
    // A line without end must not grow for ever.
    this.#rest = lines.pop()?.slice(0, longestLine) ?? "";
    for (const line of lines) this.#take(line.slice(0, longestLine));
  }

  #take(line: string): void {
    if (line.trim() === "") return;
    this.#lines.push(wordsOf(line));
    if (this.#lines.length > keptLines) this.#lines.shift();
    if (!exception.test(line)) return;
    this.#exceptions += 1;
    this.#firstException ??= wordsOf(line);
  }
}

function wordsOf(line: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return (message ?? line)
    .replaceAll(String.raw`\n`, " ")
    .replaceAll(String.raw`\"`, '"')
    .replaceAll(String.raw`\t`, " ");
}
