import { isDtlsVersion } from "./version.ts";

/** Content types (RFC 5246 §6.2.1). */
export const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** The first 13 bytes of a record, but for its length. */
export interface RecordHeader {
  /** See {@link contentType}; parsers let every value through. */
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
}

/** A record of DTLS (RFC 6347 §4.1); its fragment is still protected where its epoch is not 0. */
export interface DtlsRecord extends RecordHeader {
  readonly fragment: Buffer;
}

/** Bytes of a record's header. */
export const recordHeaderBytes = 13;
/** Longest content of a record, before protection. */
export const maxContentBytes = 1 << 14;
/** What protection may add at most (RFC 5246 §6.2.3). */
const maxExpansionBytes = 2_048;
/** Greatest sequence number of an epoch. */
export const maxSequence = 2 ** 48 - 1;

/**
 * The records of a datagram, in order. Never throws: it stops at the first bytes that are no record, which
 * RFC 6347 §4.1.2.7 wants discarded without a word. Fragments are views of `datagram`.
 */
export function readRecords(datagram: Buffer): readonly DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at < datagram.length; ) {
    const record = readRecord(datagram, at);
    if (record === undefined) break;
    records.push(record);
    at += recordHeaderBytes + record.fragment.length;
  }
  return records;
}

/** The record that begins at `at`; undefined where there is none, or not the whole of it. */
export function readRecord(datagram: Buffer, at = 0): DtlsRecord | undefined {
  if (at + recordHeaderBytes > datagram.length) return undefined;
  const version = datagram.readUInt16BE(at + 1);
  const length = datagram.readUInt16BE(at + 11);
  const end = at + recordHeaderBytes + length;
  if (!isDtlsVersion(version) || length > maxContentBytes + maxExpansionBytes || end > datagram.length)
    return undefined;
  return {
    type: datagram[at] ?? 0,
    version,
    epoch: datagram.readUInt16BE(at + 3),
    sequence: datagram.readUIntBE(at + 5, 6),
    fragment: datagram.subarray(at + recordHeaderBytes, end),
  };
}

/** Writes a record as it is told to; throws RangeError for numbers that do not fit their fields. */
export function writeRecord(header: RecordHeader, fragment: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(recordHeaderBytes + fragment.length);
  writeRecordHeader(bytes, header, fragment.length);
  bytes.set(fragment, recordHeaderBytes);
  return bytes;
}

/** Writes a header to the beginning of `bytes`; throws RangeError for numbers that do not fit their fields. */
export function writeRecordHeader(bytes: Buffer, header: RecordHeader, length: number): void {
  bytes[0] = header.type;
  bytes.writeUInt16BE(header.version, 1);
  bytes.writeUInt16BE(header.epoch, 3);
  bytes.writeUIntBE(header.sequence, 5, 6);
  bytes.writeUInt16BE(length, 11);
}
