import type { Random } from "#contract/bench.ts";

/** One datagram (or packet) of a sequence, and which of the attacker's endpoints sends it. */
export interface Step {
  /** Number of the endpoint, from 0. */
  readonly from: number;
  readonly bytes: Buffer;
}

/** Messages of one endpoint, in order. */
export type Sequence = readonly Buffer[];

/** What the engine needs to know of a protocol; the engine itself knows none. */
export interface FuzzProtocol {
  readonly id: string;
  /** Sequences to begin with: ordinary ones, and known bad ones. */
  readonly seeds: readonly Sequence[];
  /** A new message that fits the protocol, or nearly. */
  generate(random: Random): Buffer;
  /** Changes a message along its structure: a field, a length, an option. */
  mutate(message: Buffer, random: Random): Buffer;
  /**
   * What is remarkable about an answer, short: kind, code, fields that are there, magnitude of its length. What is not
   * remarkable (ids, tokens, times) must not be in it, or every answer would be news.
   */
  feature(answer: Buffer): string;
  /**
   * The same steps with new ids where the protocol tells repetitions by them, so that sending them again is more than a
   * repetition. What was equal among the steps stays equal.
   */
  renew(steps: readonly Step[], random: Random): readonly Step[];
  /** Simpler forms of a message, the simplest first, for the minimiser. */
  simpler(message: Buffer): readonly Buffer[];
}

/** What came of some steps. */
export interface Sent {
  readonly answers: readonly (readonly Buffer[])[];
  readonly life: "at once" | "late" | "none";
}

/** Where sequences are sent, and how life is told from death there. */
export interface FuzzGround {
  /** How many endpoints can send at once. */
  readonly endpoints: number;
  /**
   * Sends the steps in order, then looks for life from an endpoint that sends nothing else.
   * `answers` has, for each endpoint, what came back to it meanwhile; `life` is `late` where only a repeated question was
   * answered, as by a target that was busy, or that died and was started again meanwhile.
   */
  send(steps: readonly Step[]): Promise<Sent>;
  /** Brings the target back to the state of its start, where that can be done; what earlier trials left behind is gone then. False where it shows no life afterwards. */
  readonly fresh?: () => Promise<boolean>;
  /** Whether it shows life again within that time, milliseconds. */
  recovers(withinMs: number): Promise<boolean>;
}
