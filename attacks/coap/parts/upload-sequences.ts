import { bodyOf, type SentBlock } from "./upload-blocks.ts";

const a = bodyOf("a", 3, 0);
const b = bodyOf("b", 3, 0);
const at = (number: number, payload = "", more = true, szx = 0) => ({ number, payload, more, szx });

/** Blocks of one upload, in the order in which they are sent. */
export interface UploadSequence {
  readonly id: string;
  readonly what: string;
  readonly blocks: readonly Omit<SentBlock, "token">[];
  /** What may be there afterwards, beside what was there before. */
  readonly bodies: readonly string[];
}

const whole = a.join("");

/** Each breaks the order of RFC 7959 §2.3 and §2.5 in one way; the first is right, the second and third are what retransmission brings. */
export const uploadSequences: readonly UploadSequence[] = [
  {
    id: "in-order",
    what: "three blocks in order",
    blocks: [at(0, a[0]), at(1, a[1]), at(2, a[2], false)],
    bodies: [whole],
  },
  {
    id: "first-again",
    what: "the first block twice",
    blocks: [at(0, a[0]), at(0, a[0]), at(1, a[1]), at(2, a[2], false)],
    bodies: [whole],
  },
  {
    id: "second-again",
    what: "the second block twice",
    blocks: [at(0, a[0]), at(1, a[1]), at(1, a[1]), at(2, a[2], false)],
    bodies: [whole],
  },
  { id: "gap", what: "the second block left out", blocks: [at(0, a[0]), at(2, a[2], false)], bodies: [] },
  {
    id: "swapped",
    what: "the last block before the second",
    blocks: [at(0, a[0]), at(2, a[2], false), at(1, a[1])],
    bodies: [whole],
  },
  { id: "headless", what: "the first block left out", blocks: [at(1, a[1]), at(2, a[2], false)], bodies: [] },
  {
    id: "spliced",
    what: "the second block once more with other content",
    blocks: [at(0, a[0]), at(1, b[1]), at(1, a[1]), at(2, a[2], false)],
    bodies: [whole],
  },
  {
    id: "overlap",
    what: "a block of half the size that lies inside the one before",
    blocks: [at(0, bodyOf("a", 1, 1)[0], true, 1), at(1, b[1], false, 0)],
    bodies: [],
  },
  {
    id: "short",
    what: "a block that is shorter than it says, with more to come",
    blocks: [at(0, "a0aaa"), at(1, a[1], false)],
    bodies: [],
  },
];
