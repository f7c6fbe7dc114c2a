import type { Random } from "#contract/bench.ts";

/** One way to spoil a datagram; `other` is one to take parts from. */
type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const anyIn = (bytes: Buffer, random: Random) => random.integer(0, Math.max(1, bytes.length));

const mutations: readonly Mutation[] = [
  // A bit turned.
  (bytes, _other, random) => set(bytes, anyIn(bytes, random), (byte) => byte ^ (1 << random.integer(0, 8))),
  // A byte that means something in many fields.
  (bytes, _other, random) =>
    set(bytes, anyIn(bytes, random), () => [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff][random.integer(0, 7)] ?? 0),
  // A field of two bytes that is greater or smaller by one, or as great as can be.
  (bytes, _other, random) => {
    const at = anyIn(bytes, random);
    const by = [1, 255, 128][random.integer(0, 3)] ?? 1;
    return set(
      set(bytes, at, (byte) => byte + by),
      at + 1,
      (byte) => byte - by,
    );
  },
  // Cut short, at its end or at its beginning.
  (bytes, _other, random) => bytes.subarray(0, anyIn(bytes, random)),
  (bytes, _other, random) => bytes.subarray(anyIn(bytes, random)),
  // Longer than it says.
  (bytes, _other, random) => Buffer.concat([bytes, Buffer.from(random.hex(random.integer(1, 40)), "hex")]),
  // A part left out, or there twice.
  (bytes, _other, random) => {
    const at = anyIn(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 16))]);
  },
  (bytes, _other, random) => {
    const at = anyIn(bytes, random);
    return Buffer.concat([bytes.subarray(0, at + random.integer(1, 16)), bytes.subarray(at)]);
  },
  // The beginning of one and the end of another, or both whole.
  (bytes, other, random) =>
    Buffer.concat([bytes.subarray(0, anyIn(bytes, random)), other.subarray(anyIn(other, random))]),
  (bytes, other) => Buffer.concat([bytes, other]),
  // Nothing but noise.
  (_bytes, _other, random) => Buffer.from(random.hex(random.integer(0, 60)), "hex"),
];

/** A copy of the datagram, spoilt in one to three ways. */
export function mutated(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let spoilt = Buffer.from(bytes);
  for (let times = random.integer(1, 4); times > 0; times--) {
    spoilt = Buffer.from(mutations[random.integer(0, mutations.length)]?.(spoilt, other, random) ?? spoilt);
  }
  return spoilt;
}

function set(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const byte = bytes[at];
  if (byte !== undefined) bytes[at] = change(byte) & 0xff;
  return bytes;
}
