/** Lets connections begin no faster than an address allows; who is too early waits in line. */
export class ConnectPacer<T> {
  readonly #perSecond: number;
  readonly #begin: (one: T) => void;
  #allowance = 0;
  /** Those in line, from `#served` on. */
  #line: T[] = [];
  #served = 0;

  constructor(perSecond: number, begin: (one: T) => void) {
    this.#perSecond = perSecond;
    this.#begin = begin;
  }

  /** Whether one more could begin at once. */
  get isFree(): boolean {
    return this.#allowance >= 1 && this.#line.length === 0;
  }

  enqueue(one: T): void {
    if (this.isFree) this.#start(one);
    else this.#line.push(one);
  }

  /** Time has passed: those in line begin. What was saved up in quiet times is at most a tenth of a second's. */
  advance(passedMs: number): void {
    const most = Math.max(1, this.#perSecond / 10);
    this.#allowance = Math.min(most, this.#allowance + (this.#perSecond * passedMs) / 1_000);
    while (this.#allowance >= 1 && this.#served < this.#line.length) {
      const one = this.#line[this.#served++];
      if (one !== undefined) this.#start(one);
    }
    if (this.#served < this.#line.length) return;
    this.#line = [];
    this.#served = 0;
  }

  #start(one: T): void {
    this.#allowance--;
    this.#begin(one);
  }
}
