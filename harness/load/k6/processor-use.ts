import { readFileSync } from "node:fs";

/** Linux counts processor time for user programs in hundredths of a second, whatever the kernel's own clock is. */
const ticksPerSecond = 100;

/** Seconds of processor time in the text of `/proc/<pid>/stat` (proc(5): fields 14 and 15); undefined for another text. */
export function processorSecondsIn(stat: string): number | undefined {
  // The second field is the program's name in brackets, which may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / ticksPerSecond : undefined;
}

/** How many processor cores a process uses from one look to the next. */
export class ProcessorUse {
  readonly #pid: () => number | undefined;
  #last: { readonly seconds: number; readonly atMs: number } | undefined;

  /** @param pid the process at the time of asking; undefined while nobody knows it. */
  constructor(pid: () => number | undefined) {
    this.#pid = pid;
  }

  /** Cores used since the last look; undefined at the first, when the process has ended, and on other systems than Linux. */
  look(nowMs: number): number | undefined {
    const seconds = this.#seconds();
    const before = this.#last;
    this.#last = seconds === undefined ? undefined : { seconds, atMs: nowMs };
    if (before === undefined || seconds === undefined || nowMs <= before.atMs) return undefined;
    return ((seconds - before.seconds) * 1_000) / (nowMs - before.atMs);
  }

  #seconds(): number | undefined {
    const pid = this.#pid();
    if (pid === undefined) return undefined;
    try {
      return processorSecondsIn(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch {
      return undefined;
    }
  }
}
