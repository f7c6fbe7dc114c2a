/** Types of identifier, bits 7 and 6 of the first byte (LwM2M 1.0 §6.4.3). */
const kinds = ["object-instance", "resource-instance", "multiple-resource", "resource"] as const;
export type TlvKind = (typeof kinds)[number];

/** One entry: a value, or further entries. */
export type TlvEntry =
  | { readonly kind: "resource" | "resource-instance"; readonly id: number; readonly value: Buffer }
  | {
      readonly kind: "object-instance" | "multiple-resource";
      readonly id: number;
      readonly entries: readonly TlvEntry[];
    };

/** Why bytes are no TLV. */
export interface TlvFlaw {
  readonly flaw: string;
}

/** What may lie in what; at the outermost level anything may but an instance of a resource. */
const inside: { readonly [K in TlvKind | "top"]: readonly TlvKind[] } = {
  top: ["object-instance", "multiple-resource", "resource"],
  "object-instance": ["multiple-resource", "resource"],
  "multiple-resource": ["resource-instance"],
  resource: [],
  "resource-instance": [],
};

/** Entries lie in one another two deep at most; who is lenient reads on, but not for ever. */
const deepest = 16;

/** Whether {@link readTlv} could read it. */
export function isTlv(read: readonly TlvEntry[] | TlvFlaw): read is readonly TlvEntry[] {
  return !("flaw" in read);
}

/**
 * Reads entries one after the other.
 * @param lenient takes an entry that is longer than what it lies in as if it ended there, and any entry anywhere.
 */
export function readTlv(bytes: Buffer, { lenient = false } = {}): readonly TlvEntry[] | TlvFlaw {
  try {
    return entriesIn(bytes, "top", lenient, 0);
  } catch (error) {
    if (error instanceof TlvError) return { flaw: error.message };
    throw error;
  }
}

class TlvError extends Error {}

function entriesIn(bytes: Buffer, parent: TlvKind | "top", lenient: boolean, depth: number): readonly TlvEntry[] {
  if (depth > deepest) throw new TlvError("entries too deep");
  const entries: TlvEntry[] = [];
  const seen = new Set<number>();
  for (let at = 0; at < bytes.length; ) {
    const head = headAt(bytes, at, lenient);
    if (head === undefined) break;
    const { kind, id, from } = head;
    const to = from + head.length;
    if (!lenient) {
      if (to > bytes.length) throw new TlvError(`entry ${id} is ${to - bytes.length} bytes longer than its parent`);
      if (!inside[parent].includes(kind)) throw new TlvError(`a ${kind} inside ${parent}`);
      if (seen.has(id)) throw new TlvError(`entry ${id} twice`);
    }
    seen.add(id);
    const value = bytes.subarray(from, Math.min(to, bytes.length));
    if (kind === "resource" || kind === "resource-instance") entries.push({ kind, id, value });
    else entries.push({ kind, id, entries: entriesIn(value, kind, lenient, depth + 1) });
    at = Math.max(to, at + 1);
  }
  return entries;
}

function headAt(bytes: Buffer, at: number, lenient: boolean) {
  const first = bytes[at] ?? 0;
  const idBytes = (first & 0x20) === 0 ? 1 : 2;
  const lengthBytes = (first >> 3) & 3;
  const from = at + 1 + idBytes + lengthBytes;
  if (from > bytes.length) {
    if (lenient) return undefined;
    throw new TlvError("the bytes end in the head of an entry");
  }
  const id = bytes.readUIntBE(at + 1, idBytes);
  const length = lengthBytes === 0 ? first & 7 : bytes.readUIntBE(at + 1 + idBytes, lengthBytes);
  const kind: TlvKind = kinds[first >> 6] ?? "resource";
  return { kind, id, from, length };
}

/** Writes entries one after the other; throws RangeError for an id over 65,535 or a value of 2²⁴ bytes and more. */
export function writeTlv(entries: readonly TlvEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const value = "entries" in entry ? writeTlv(entry.entries) : entry.value;
      return [tlvHead(entry.kind, entry.id, value.length), value];
    }),
  );
}

/** The bytes before a value, with whatever length is told, true or not. */
export function tlvHead(kind: TlvKind, id: number, length: number): Buffer {
  if (id > 0xffff) throw new RangeError(`id ${id}`);
  if (length >= 1 << 24) throw new RangeError(`a value of ${length} bytes`);
  const wide = id > 0xff;
  const lengthBytes = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const head = Buffer.alloc(1 + (wide ? 2 : 1) + lengthBytes);
  head[0] = (kinds.indexOf(kind) << 6) | (wide ? 0x20 : 0) | (lengthBytes << 3) | (lengthBytes === 0 ? length : 0);
  head.writeUIntBE(id, 1, wide ? 2 : 1);
  if (lengthBytes > 0) head.writeUIntBE(length, wide ? 3 : 2, lengthBytes);
  return head;
}
