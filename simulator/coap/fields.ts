import { isUtf8 } from "node:buffer";
import { type Block, blockOf } from "./block.ts";
import { type Option, optionNumber, uintOf } from "./option.ts";

/** Value of the first option of that number. */
export function valueOf(options: readonly Option[], number: number): Buffer | undefined {
  for (const each of options) {
    if (each.number === number) return each.value;
  }
  return undefined;
}

/** The same as an unsigned integer; undefined where it is absent or longer than `atMostBytes`. */
export function uintField(options: readonly Option[], number: number, atMostBytes = 4): number | undefined {
  const value = valueOf(options, number);
  return value === undefined || value.length > atMostBytes ? undefined : uintOf(value);
}

/** The Block1 or Block2 option; undefined where it is absent or too long. */
export function blockField(options: readonly Option[], number: number): Block | undefined {
  const value = valueOf(options, number);
  return value === undefined ? undefined : blockOf(value);
}

/** The Observe option (RFC 7641 §2), at most three bytes. */
export function observeField(options: readonly Option[]): number | undefined {
  return uintField(options, optionNumber.observe, 3);
}

/** Values of all options of that number as text; undefined where one is not UTF-8. */
export function textsOf(options: readonly Option[], number: number): readonly string[] | undefined {
  const texts: string[] = [];
  for (const { number: each, value } of options) {
    if (each !== number) continue;
    if (!isAscii(value) && !isUtf8(value)) return undefined;
    texts.push(value.toString());
  }
  return texts;
}

/** The same, with replacement characters for what is not UTF-8. */
export function roughTextsOf(options: readonly Option[], number: number): readonly string[] {
  return options.filter((each) => each.number === number).map(({ value }) => value.toString());
}

function isAscii(value: Buffer): boolean {
  for (let at = 0; at < value.length; at++) {
    if ((value[at] ?? 0) > 0x7f) return false;
  }
  return true;
}

const noBytes: Buffer = Buffer.alloc(0);

/** Decoded messages are views of a Buffer already. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes.length === 0) return noBytes;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
