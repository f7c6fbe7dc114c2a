import type { Random } from "#contract/bench.ts";

/** Values at which length and sign checks go wrong. */
const interesting = [0x00, 0x01, 0x0d, 0x0e, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xf0, 0xfe, 0xff];
const mostBytes = 1_400;

/** Changes a message without knowing what is in it: a bit, a byte, a piece taken out, doubled, moved or put in. */
export function mutateBytes(message: Buffer, random: Random): Buffer {
  if (message.length === 0) return Buffer.from(random.hex(1 + random.integer(0, 8)), "hex");
  const at = random.integer(0, message.length);
  const length = 1 + random.integer(0, Math.min(16, message.length - at));
  const before = message.subarray(0, at);
  const piece = message.subarray(at, at + length);
  const after = message.subarray(at + length);
  switch (random.integer(0, 7)) {
    case 0:
      return withByte(message, at, (message[at] ?? 0) ^ (1 << random.integer(0, 8)));
    case 1:
      return withByte(message, at, interesting[random.integer(0, interesting.length)] ?? 0);
    case 2:
      return withByte(message, at, random.integer(0, 256));
    case 3:
      return Buffer.concat([before, after]);
    case 4:
      return bounded(Buffer.concat([before, piece, piece, after]));
    case 5:
      return bounded(Buffer.concat([before, Buffer.from(random.hex(length), "hex"), piece, after]));
    default:
      return Buffer.from(before);
  }
}

function withByte(message: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(message);
  changed[at] = value & 0xff;
  return changed;
}

function bounded(message: Buffer): Buffer {
  return message.subarray(0, mostBytes);
}
