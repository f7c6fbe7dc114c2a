// k6 interprets scripts, and iterators and spreading cost it most: these run for every message, so they count indexes.

/** Text as UTF-8. k6 has no TextEncoder; like that one, a surrogate without its other half becomes U+FFFD. */
export function utf8Of(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      bytes[length] = unit;
      length += 1;
      continue;
    }
    const point = text.codePointAt(at) ?? unit;
    if (point > 0xff_ff) at += 1;
    length += write(bytes, length, isLoneSurrogate(point) ? 0xff_fd : point);
  }
  return bytes.slice(0, length);
}

/** The text of bytes that are valid UTF-8. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = lengthBehind(first);
    let point = length === 1 ? first : first & (0xff >> (length + 1));
    for (let n = 1; n < length; n += 1) point = (point << 6) | ((bytes[at + n] ?? 0) & 0x3f);
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** Writes one that is not ASCII; returns how many bytes it took. */
function write(bytes: Uint8Array, at: number, point: number): number {
  const length = point < 0x8_00 ? 2 : point < 0x1_00_00 ? 3 : 4;
  for (let n = length - 1, rest = point; n >= 0; n -= 1, rest >>= 6) {
    bytes[at + n] = n > 0 ? 0x80 | (rest & 0x3f) : (0xf_00 >> length) | rest;
  }
  return length;
}

function isLoneSurrogate(point: number): boolean {
  return point >= 0xd8_00 && point <= 0xdf_ff;
}

function lengthBehind(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
