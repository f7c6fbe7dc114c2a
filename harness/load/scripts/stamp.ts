import { textOf, utf8Of } from "./utf8.ts";

/** What a message says of itself. */
export interface Stamp {
  /** Counts the messages to one topic, from 0. */
  readonly number: number;
  /** When it was sent, by the clock of the test. */
  readonly sentMs: number;
  /** Set on the one after the last: its number is how many there were. */
  readonly last?: boolean;
}

const blank = 0x20;

/** A stamp of this many bytes, or of as many as it needs: JSON, filled up with blanks. */
export function stamped(stamp: Stamp, bytes: number): Uint8Array {
  const words = utf8Of(JSON.stringify({ ...stamp, sentMs: Math.round(stamp.sentMs * 1_000) / 1_000 }));
  const payload = new Uint8Array(Math.max(bytes, words.length)).fill(blank);
  payload.set(words);
  return payload;
}

/** The stamp that a payload is; undefined for a message that somebody else sent. */
export function stampOf(payload: Uint8Array): Stamp | undefined {
  try {
    const end = payload.indexOf(blank);
    const read: unknown = JSON.parse(textOf(end < 0 ? payload : payload.subarray(0, end)));
    return isStamp(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isStamp(read: unknown): read is Stamp {
  return (
    typeof read === "object" &&
    read !== null &&
    "number" in read &&
    Number.isSafeInteger(read.number) &&
    "sentMs" in read &&
    typeof read.sentMs === "number"
  );
}
