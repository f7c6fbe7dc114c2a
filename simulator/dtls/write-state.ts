import type { Protection } from "./protection.ts";
import { maxSequence, type RecordHeader, writeRecord } from "./record.ts";

/** One epoch of what we send: its sequence numbers, and its protection, which epoch 0 has none of. */
export class WriteState {
  readonly epoch: number;
  readonly protection: Protection | undefined;
  nextSequence: number;

  constructor(epoch: number, protection?: Protection, nextSequence = 0) {
    this.epoch = epoch;
    this.protection = protection;
    this.nextSequence = nextSequence;
  }

  /** False once a number would come twice (RFC 6347 §4.1); the session is to end then. */
  get isUsable(): boolean {
    return this.nextSequence <= maxSequence;
  }

  /** The next record. */
  write(type: number, version: number, content: Uint8Array): Buffer {
    return this.writeAs({ type, version, epoch: this.epoch, sequence: this.nextSequence++ }, content);
  }

  /** A record with whatever numbers are given, protected with this epoch's keys; it uses up no number. */
  writeAs(header: RecordHeader, content: Uint8Array): Buffer {
    return this.protection?.seal(header, content) ?? writeRecord(header, content);
  }
}
