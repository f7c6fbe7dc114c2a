import type { Bench } from "#contract/bench.ts";
import { type Block, blockBytes } from "./block.ts";
import { code } from "./code.ts";
import { uintField, valueOf } from "./fields.ts";
import type { KnownPeer } from "./known-peers.ts";
import { type Option, option, optionNumber } from "./option.ts";
import type { CoapServerKnobs } from "./serving.ts";
import { type Timed, type Timers, unset } from "./timers.ts";

/** One block of a body, as it came. */
export interface UploadedBlock {
  readonly from: KnownPeer;
  readonly code: number;
  /** Path and query. */
  readonly place: string;
  readonly block: Block;
  readonly options: readonly Option[];
  readonly payload: Buffer;
}

/** What becomes of it: more is awaited, the body is whole, or it is refused. */
export type Taken =
  | { readonly kind: "more" }
  | { readonly kind: "whole"; readonly body: Buffer }
  | { readonly kind: "refused"; readonly code: number; readonly options?: readonly Option[] };

type Knobs = Pick<CoapServerKnobs, "maxUploads" | "maxBodyBytes" | "uploadTimeoutMs" | "blockOrder" | "uploadKey">;

interface Upload {
  readonly from: KnownPeer;
  readonly szx: number;
  readonly contentFormat: number | undefined;
  /** By offset. */
  readonly pieces: Map<number, Buffer>;
  last: Buffer;
  length: number;
  atMs: number;
}

/** An upload that was idle for so long makes room for a new one. */
const idleMs = 2_000;
/** One source gets no more than this share of the places. */
const shareOfOne = 8;

/** Bodies that come in block by block (RFC 7959 §2.5). */
export class Uploads implements Timed {
  tick = unset;
  seat = unset;
  readonly #bench: Pick<Bench, "clock">;
  readonly #timers: Timers;
  readonly #knobs: Knobs;
  /** The one that was idle longest comes first. */
  readonly #open = new Map<string, Upload>();

  constructor(bench: Pick<Bench, "clock">, timers: Timers, knobs: Knobs) {
    this.#bench = bench;
    this.#timers = timers;
    this.#knobs = knobs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether the block goes on with an upload that was begun. */
  continues(taken: UploadedBlock): boolean {
    return taken.block.number > 0 && this.#open.has(this.#keyOf(taken));
  }

  take(taken: UploadedBlock): Taken {
    const { block, payload } = taken;
    const size = blockBytes(block.szx);
    const isStrict = this.#knobs.blockOrder === "strict";
    if (isStrict && block.more && payload.length !== size) return { kind: "refused", code: code.badRequest };
    const key = this.#keyOf(taken);
    if (this.#isTooLong(taken, this.#open.get(key))) return this.#tooLarge(key);
    if (block.number === 0 && !block.more) {
      this.#open.delete(key);
      return { kind: "whole", body: payload };
    }
    const upload = block.number === 0 ? this.#begin(key, taken) : (this.#open.get(key) ?? this.#begunLate(key, taken));
    if (upload === undefined) {
      return { kind: "refused", code: block.number === 0 ? code.serviceUnavailable : code.requestEntityIncomplete };
    }
    if (isStrict && !isNext(upload, taken)) {
      this.#open.delete(key);
      return { kind: "refused", code: code.requestEntityIncomplete };
    }
    this.#add(key, upload, block.number * size, payload);
    if (block.more) return { kind: "more" };
    this.#open.delete(key);
    return { kind: "whole", body: wholeOf(upload) };
  }

  /** Forgets what does not go on. */
  onTime(): void {
    const { uploadTimeoutMs } = this.#knobs;
    const now = this.#bench.clock.nowMs();
    for (const [key, { atMs }] of this.#open) {
      if (now - atMs < uploadTimeoutMs) return this.#timers.set(this, atMs + uploadTimeoutMs - now);
      this.#open.delete(key);
    }
  }

  #add(key: string, upload: Upload, offset: number, payload: Buffer): void {
    // A copy, because the rest of the datagram would stay with it.
    const piece = Buffer.from(payload);
    upload.length += piece.length - (upload.pieces.get(offset)?.length ?? 0);
    upload.pieces.set(offset, piece);
    upload.last = piece;
    upload.atMs = this.#bench.clock.nowMs();
    this.#open.delete(key);
    this.#open.set(key, upload);
    const { uploadTimeoutMs } = this.#knobs;
    if (uploadTimeoutMs > 0 && this.tick === unset) this.#timers.set(this, uploadTimeoutMs);
  }

  /** Lenient servers take a block for whose beginning they have not waited. */
  #begunLate(key: string, taken: UploadedBlock): Upload | undefined {
    return this.#knobs.blockOrder === "lenient" ? this.#begin(key, taken) : undefined;
  }

  #begin(key: string, { from, block, options }: UploadedBlock): Upload | undefined {
    const isAgain = this.#open.delete(key);
    if (!isAgain && !this.#hasRoom(from)) return undefined;
    const contentFormat = uintField(options, optionNumber.contentFormat);
    return { from, szx: block.szx, contentFormat, pieces: new Map(), last: none, length: 0, atMs: 0 };
  }

  #hasRoom({ source }: KnownPeer): boolean {
    const { maxUploads } = this.#knobs;
    if (maxUploads === 0) return true;
    const mostOfOne = Math.max(1, Math.floor(maxUploads / shareOfOne));
    const own = [...this.#open].filter(([, { from }]) => from.source === source);
    if (own.length >= mostOfOne) return this.#evict(own[0]);
    if (this.#open.size < maxUploads) return true;
    for (const oldest of this.#open) return this.#evict(oldest);
    return false;
  }

  #evict(oldest: readonly [string, Upload] | undefined): boolean {
    if (oldest === undefined || this.#bench.clock.nowMs() - oldest[1].atMs < idleMs) return false;
    return this.#open.delete(oldest[0]);
  }

  /** Size1 is only a word (RFC 7959 §4): it can refuse an upload, and nothing is laid by for it. */
  #isTooLong({ options, payload }: UploadedBlock, upload: Upload | undefined): boolean {
    const { maxBodyBytes } = this.#knobs;
    if (maxBodyBytes === 0) return false;
    const announced = uintField(options, optionNumber.size1) ?? 0;
    return Math.max(announced, (upload?.length ?? 0) + payload.length) > maxBodyBytes;
  }

  #tooLarge(key: string): Taken {
    this.#open.delete(key);
    const options = [option(optionNumber.size1, this.#knobs.maxBodyBytes)];
    return { kind: "refused", code: code.requestEntityTooLarge, options };
  }

  #keyOf({ from, code: asked, place, options }: UploadedBlock): string {
    if (this.#knobs.uploadKey === "path") return place;
    const tag = valueOf(options, optionNumber.requestTag)?.toString("hex") ?? "none";
    return `${from.key} ${asked} ${tag} ${place}`;
  }
}

const none: Buffer = Buffer.alloc(0);

/** Whether it goes on where the upload stands, or is its last block once more. */
function isNext(
  { szx, contentFormat, pieces, last, length }: Upload,
  { block, options, payload }: UploadedBlock,
): boolean {
  if (block.szx !== szx || uintField(options, optionNumber.contentFormat) !== contentFormat) return false;
  const offset = block.number * blockBytes(block.szx);
  if (offset === length) return true;
  return block.more && pieces.size > 0 && offset === length - last.length && last.equals(payload);
}

function wholeOf({ pieces, length }: Upload): Buffer {
  const ordered = [...pieces].toSorted(([one], [other]) => one - other).map(([, piece]) => piece);
  return Buffer.concat(ordered, length);
}
