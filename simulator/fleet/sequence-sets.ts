/** Sequence numbers above this are taken for nonsense that a broker made up. */
const mostSequences = 1 << 20;

/** One set of sequence numbers for each device of a fleet, a bit for each number. */
export class SequenceSets {
  readonly #bits: Uint32Array[] = [];

  /** True where the number was not there before. */
  add(device: number, sequence: number): boolean {
    if (sequence >= mostSequences || this.has(device, sequence)) return false;
    const words = this.#bits[device] ?? new Uint32Array(0);
    const at = sequence >>> 5;
    const roomy = at < words.length ? words : new Uint32Array(Math.max(2, 2 * at + 1));
    if (roomy !== words) roomy.set(words);
    roomy[at] = (roomy[at] ?? 0) | (1 << (sequence & 31));
    this.#bits[device] = roomy;
    return true;
  }

  delete(device: number, sequence: number): void {
    const words = this.#bits[device];
    const at = sequence >>> 5;
    if (words !== undefined && at < words.length) words[at] = (words[at] ?? 0) & ~(1 << (sequence & 31));
  }

  has(device: number, sequence: number): boolean {
    return (((this.#bits[device]?.[sequence >>> 5] ?? 0) >>> (sequence & 31)) & 1) === 1;
  }
}
