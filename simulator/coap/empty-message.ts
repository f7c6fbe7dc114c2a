/** An ACK (2) or RST (3) without anything in it (RFC 7252 §4.1). */
export function emptyMessage(type: 2 | 3, messageId: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes[0] = 0x40 | (type << 4);
  bytes[1] = 0;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId & 0xff;
  return bytes;
}
