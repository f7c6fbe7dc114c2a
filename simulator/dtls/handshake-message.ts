/** Handshake types (RFC 6347 §4.3.2). */
export const handshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** A whole message of the handshake. */
export interface HandshakeMessage {
  readonly type: number;
  /** `message_seq`. */
  readonly sequence: number;
  readonly body: Buffer;
}

/** A piece of a message (RFC 6347 §4.2.2), which may be all of it. */
export interface HandshakeFragment {
  readonly type: number;
  readonly sequence: number;
  /** Length of the whole message's body. */
  readonly length: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Bytes before the body. */
export const handshakeHeaderBytes = 12;

/** The fragments in a record's content, up to the first that is none. Never throws; bytes are views of `content`. */
export function readFragments(content: Buffer): readonly HandshakeFragment[] {
  const fragments: HandshakeFragment[] = [];
  let at = 0;
  while (at + handshakeHeaderBytes <= content.length) {
    const length = content.readUIntBE(at + 1, 3);
    const offset = content.readUIntBE(at + 6, 3);
    const size = content.readUIntBE(at + 9, 3);
    const end = at + handshakeHeaderBytes + size;
    if (end > content.length || offset + size > length) break;
    const bytes = content.subarray(at + handshakeHeaderBytes, end);
    fragments.push({ type: content[at] ?? 0, sequence: content.readUInt16BE(at + 4), length, offset, bytes });
    at = end;
  }
  return fragments;
}

/** A fragment as bytes; also ones that contradict themselves, for whoever wants to send these. */
export function writeFragment({ type, sequence, length, offset, bytes }: HandshakeFragment): Buffer {
  const content = Buffer.allocUnsafe(handshakeHeaderBytes + bytes.length);
  content[0] = type;
  content.writeUIntBE(length, 1, 3);
  content.writeUInt16BE(sequence, 4);
  content.writeUIntBE(offset, 6, 3);
  content.writeUIntBE(bytes.length, 9, 3);
  content.set(bytes, handshakeHeaderBytes);
  return content;
}

/** The message in one piece. */
export function writeMessage({ type, sequence, body }: HandshakeMessage): Buffer {
  return writeFragment({ type, sequence, length: body.length, offset: 0, bytes: body });
}

/** The message in pieces of at most `size` bytes of its body. */
export function fragmentsOf({ type, sequence, body }: HandshakeMessage, size: number): readonly HandshakeFragment[] {
  const count = Math.max(1, Math.ceil(body.length / Math.max(1, size)));
  return Array.from({ length: count }, (_, at) => {
    const offset = at * Math.max(1, size);
    return { type, sequence, length: body.length, offset, bytes: body.subarray(offset, offset + size) };
  });
}
