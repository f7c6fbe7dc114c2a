/** Which numbers of a sequence from 0 have arrived. Grows only with gaps, not with what came in order. */
export class Arrivals {
  /** Every number below has arrived. */
  #complete = 0;
  readonly #beyond = new Set<number>();
  #expected = 0;

  /** False where this number had arrived before. */
  take(number: number): boolean {
    if (number < this.#complete || this.#beyond.has(number)) return false;
    this.expect(number + 1);
    this.#beyond.add(number);
    while (this.#beyond.delete(this.#complete)) this.#complete += 1;
    return true;
  }

  /** At least so many were sent. */
  expect(count: number): void {
    this.#expected = Math.max(this.#expected, count);
  }

  get arrived(): number {
    return this.#complete + this.#beyond.size;
  }

  /** How many of those known to have been sent have not arrived. */
  get missing(): number {
    return this.#expected - this.arrived;
  }
}
