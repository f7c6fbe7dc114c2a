/** A disk of which only the sizes are kept. It outlives a crash of the broker that writes to it. */
export class SimulatedDisk {
  readonly capacityBytes: number;
  readonly #fillers = new Set<object>();
  readonly #waiting = new Set<() => void>();
  #usedBytes = 0;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  /** What its owner has written; another's file that fills the disk is not counted. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** False where there is no room: nothing is written then. */
  write(bytes: number): boolean {
    if (this.#fillers.size > 0 || this.#usedBytes + bytes > this.capacityBytes) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Gives up so much of what was written. */
  erase(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Another's file takes all that is free, and all that becomes free, until the answer is called. */
  fill(): () => void {
    const mine = {};
    this.#fillers.add(mine);
    return () => {
      if (!this.#fillers.delete(mine) || this.#fillers.size > 0) return;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const goOn of waiting) goOn();
    };
  }

  /** Calls `goOn` once, when nobody fills the disk any more. */
  whenFreed(goOn: () => void): void {
    this.#waiting.add(goOn);
  }
}
