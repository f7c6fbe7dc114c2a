import { type Option, option, uintOf } from "./option.ts";

/** What a Block1 or Block2 option says (RFC 7959 §2.2). */
export interface Block {
  /** Number of the block in the body. */
  readonly number: number;
  /** Whether more blocks follow. */
  readonly more: boolean;
  /** Size exponent, 0 to 6: a block has 2 ** (4 + szx) bytes. 7 is reserved. */
  readonly szx: number;
}

/** The greatest size exponent over UDP: 1,024 bytes. */
export const greatestSzx = 6;

export function blockBytes(szx: number): number {
  return 1 << (szx + 4);
}

/** The greatest exponent whose blocks are no longer than `bytes`; 0 where even 16 bytes are too long. */
export function szxWithin(bytes: number): number {
  let szx = greatestSzx;
  while (szx > 0 && blockBytes(szx) > bytes) szx--;
  return szx;
}

/** Reads the value; undefined where it is longer than three bytes. */
export function blockOf(value: Buffer): Block | undefined {
  const number = value.length > 3 ? undefined : uintOf(value);
  if (number === undefined) return undefined;
  return { number: number >>> 4, more: (number & 8) !== 0, szx: number & 7 };
}

/** @param number block1 or block2. */
export function blockOption(number: number, block: Block): Option {
  return option(number, block.number * 16 + (block.more ? 8 : 0) + block.szx);
}
