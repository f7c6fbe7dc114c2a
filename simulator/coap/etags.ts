/** Representations whose tag is kept with them. */
const mostKept = 16;
const prime = 0x01000193;
const basis = 0x811c9dc5;

/** Entity tags of representations: FNV-1a over the bytes. Large ones are hashed once and compared afterwards. */
export class Etags {
  readonly #kept = new Map<string, { readonly body: Uint8Array; readonly tag: Buffer }>();

  /** @param place what the representation belongs to. */
  of(place: string, body: Buffer): Buffer {
    const known = this.#kept.get(place);
    if (known !== undefined && body.equals(known.body)) return known.tag;
    const tag = hash(body);
    this.#kept.delete(place);
    this.#kept.set(place, { body, tag });
    if (this.#kept.size > mostKept) for (const oldest of this.#kept.keys()) return this.#drop(oldest, tag);
    return tag;
  }

  #drop(oldest: string, tag: Buffer): Buffer {
    this.#kept.delete(oldest);
    return tag;
  }
}

function hash(body: Uint8Array): Buffer {
  let sum = basis;
  for (let at = 0; at < body.length; at++) sum = Math.imul(sum ^ (body[at] ?? 0), prime);
  const tag = Buffer.alloc(4);
  tag.writeUInt32BE(sum >>> 0);
  return tag;
}
