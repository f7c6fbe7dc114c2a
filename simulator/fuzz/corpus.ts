import type { Random } from "#contract/bench.ts";
import { mutateBytes } from "./byte-mutations.ts";
import type { FuzzProtocol, Sequence } from "./fuzz-protocol.ts";

/** A sequence that once brought something new. */
interface Entry {
  readonly sequence: Sequence;
  /** How often it was chosen; what was chosen less goes first more often. */
  chosen: number;
}

const mostEntries = 4_096;
const mostPairs = 1_000;

/**
 * Sequences worth changing further. What answers something new is kept, and changed more often than what is old: so the
 * run works its way into states that a single random message never reaches.
 */
export class Corpus {
  readonly #protocol: FuzzProtocol;
  readonly #random: Random;
  readonly #mostLength: number;
  readonly #entries: Entry[];
  readonly #features = new Set<string>();
  #given = 0;

  constructor(protocol: FuzzProtocol, random: Random, mostLength: number) {
    this.#protocol = protocol;
    this.#random = random;
    this.#mostLength = mostLength;
    this.#entries = protocol.seeds.map((sequence) => ({ sequence, chosen: 0 }));
  }

  /** Different answers seen so far. */
  get features(): number {
    return this.#features.size;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The next sequence to try. The first ones are the seeds as they are, then every two of them, one after the other. */
  next(): Sequence {
    const { seeds } = this.#protocol;
    const number = this.#given++;
    const seed = seeds[number];
    if (seed !== undefined) return this.#cut(seed);
    const pair = number - seeds.length;
    const [one, other] = [seeds[Math.floor(pair / seeds.length)], seeds[pair % seeds.length]];
    // What one conversation leaves behind is where the next one meets a state that nobody thought of.
    if (one !== undefined && other !== undefined && pair < mostPairs) return this.#cut([...one, ...other]);
    return this.#changed(this.#choose());
  }

  /** Keeps the sequence where its answers hold something that none did before; says whether they do. */
  learn(sequence: Sequence, answers: readonly Buffer[]): boolean {
    // The place in the conversation counts: the same answer to a third message is another state.
    const found = answers.map((answer, at) => `${Math.min(at, 3)}:${this.#protocol.feature(answer)}`);
    const news = found.filter((feature) => !this.#features.has(feature));
    for (const feature of news) this.#features.add(feature);
    if (news.length === 0) return false;
    if (this.#entries.length < mostEntries) this.#entries.push({ sequence, chosen: 1 });
    return true;
  }

  /** The less chosen of two, newer ones being less chosen. */
  #choose(): Sequence {
    const [one, other] = [this.#pick(), this.#pick()];
    const entry = one.chosen <= other.chosen ? one : other;
    entry.chosen++;
    return entry.sequence;
  }

  #pick(): Entry {
    const entry = this.#entries[this.#random.integer(0, this.#entries.length)];
    return entry ?? { sequence: [this.#protocol.generate(this.#random)], chosen: 0 };
  }

  #changed(sequence: Sequence): Sequence {
    const random = this.#random;
    const at = random.integer(0, Math.max(1, sequence.length));
    switch (random.integer(0, 8)) {
      case 0:
        return this.#cut([...sequence, ...this.#pick().sequence]);
      case 1:
        return this.#cut([...sequence.slice(0, at), this.#protocol.generate(random), ...sequence.slice(at)]);
      case 2:
        return this.#cut([...sequence, sequence[at] ?? this.#protocol.generate(random)]);
      case 3:
        return sequence.length > 1 ? sequence.toSpliced(at, 1) : [this.#protocol.generate(random)];
      case 4:
        return this.#with(sequence, at, (message) => mutateBytes(message, random));
      default:
        return this.#with(sequence, at, (message) => this.#protocol.mutate(message, random));
    }
  }

  #with(sequence: Sequence, at: number, change: (message: Buffer) => Buffer): Sequence {
    const message = sequence[at];
    return message === undefined ? [this.#protocol.generate(this.#random)] : sequence.with(at, change(message));
  }

  #cut(sequence: Sequence): Sequence {
    return sequence.slice(0, this.#mostLength);
  }
}
