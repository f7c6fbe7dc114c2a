import { type Message, messageType } from "./message.ts";
import type { Option } from "./option.ts";

/**
 * Reads whatever it can, as careless servers do: reserved token lengths, options that reach past the end, numbers that
 * run over, a payload marker without a payload. Undefined where there is not even a header of version 1.
 */
export function lenientDecode(bytes: Buffer): Message | undefined {
  if (bytes.length < 4 || (bytes[0] ?? 0) >> 6 !== 1) return undefined;
  const types = Object.values(messageType);
  const tokenEnd = Math.min(bytes.length, 4 + ((bytes[0] ?? 0) & 0x0f));
  const { options, end } = looseOptions(bytes, tokenEnd);
  return {
    type: types[((bytes[0] ?? 0) >> 4) & 3] ?? messageType.con,
    code: bytes[1] ?? 0,
    messageId: bytes.readUInt16BE(2),
    token: bytes.subarray(4, Math.min(tokenEnd, 12)),
    options,
    payload: bytes.subarray(Math.min(bytes.length, end + 1)),
  };
}

function looseOptions(bytes: Buffer, from: number): { readonly options: readonly Option[]; readonly end: number } {
  const options: Option[] = [];
  let at = from;
  let number = 0;
  const read = (short: number): number => {
    if (short < 13) return short;
    if (short === 13) return 13 + (bytes[at++] ?? 0);
    return 269 + ((bytes[at++] ?? 0) << 8) + (bytes[at++] ?? 0);
  };
  while (at < bytes.length && bytes[at] !== 0xff) {
    const head = bytes[at++] ?? 0;
    number = (number + read(head >> 4)) & 0xffff;
    const length = read(head & 0x0f);
    options.push({ number, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return { options: options.toSorted((one, other) => one.number - other.number), end: at };
}
