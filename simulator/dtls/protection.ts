import type { DtlsRecord, RecordHeader } from "./record.ts";

/** Protects the records of one direction. It keeps no state: sequence numbers are somebody else's. */
export interface Protection {
  /** The whole record, header and all. */
  seal(header: RecordHeader, content: Uint8Array): Buffer;
  /** The content; undefined where the record is not genuine. Never throws. */
  open(record: DtlsRecord): Buffer | undefined;
}
