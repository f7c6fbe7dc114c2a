import type { KnownPeer } from "./known-peers.ts";
import { exchangeLifetimeMs, nonLifetimeMs } from "./transmission.ts";

/** Answers up to this length are copied to where they stay; longer ones are kept as they are. */
const shortBytes = 64;
/** Places to begin with where there is no limit. */
const firstPlaces = 1_024;
const isLong = -2;
const isOpen = -1;

/**
 * Which messages came already, and what was answered (RFC 7252 §4.5). As many as it may remember; the oldest make room.
 * It lives in flat arrays: a busy server remembers ten thousands of messages, and as objects they would keep the garbage
 * collector busy with nothing but surviving.
 */
export class RememberedExchanges {
  readonly #isLimited: boolean;
  /** How many were ever added; each is known by its number in that order. */
  #added = 0;
  #places: number;
  #peers: Int32Array;
  #ids: Uint16Array;
  #untilMs: Float64Array;
  /** Length of the answer, or isLong, or isOpen. */
  #lengths: Int16Array;
  #short: Buffer;
  readonly #long = new Map<number, Uint8Array>();
  /** By peer and id, open addressing: number of a place and one, 0 for none. */
  #index: Int32Array;

  /** @param most 0 for no limit. */
  constructor(most: number) {
    this.#isLimited = most > 0;
    this.#places = most > 0 ? most : firstPlaces;
    this.#peers = new Int32Array(this.#places);
    this.#ids = new Uint16Array(this.#places);
    this.#untilMs = new Float64Array(this.#places);
    this.#lengths = new Int16Array(this.#places);
    this.#short = Buffer.allocUnsafe(this.#places * shortBytes);
    this.#index = new Int32Array(indexSize(this.#places));
  }

  get size(): number {
    return Math.min(this.#added, this.#places);
  }

  /** The same message before, if it came within its lifetime; undefined where it is new. */
  find(from: KnownPeer, messageId: number, nowMs: number): number | undefined {
    const place = this.#find(from.number, messageId);
    if (place === undefined || nowMs >= (this.#untilMs[place] ?? 0)) return undefined;
    const rounds = Math.floor((this.#added - 1 - place) / this.#places);
    return rounds * this.#places + place;
  }

  /** Returns the number by which {@link answer} knows it. */
  add(from: KnownPeer, messageId: number, isConfirmable: boolean, nowMs: number): number {
    if (!this.#isLimited && this.#added === this.#places) this.#grow();
    const number = this.#added++;
    const place = number % this.#places;
    if (number >= this.#places) this.#forget(place);
    const stale = this.#find(from.number, messageId);
    if (stale !== undefined) this.#unlink(stale);
    this.#peers[place] = from.number;
    this.#ids[place] = messageId;
    this.#untilMs[place] = nowMs + (isConfirmable ? exchangeLifetimeMs : nonLifetimeMs);
    this.#lengths[place] = isOpen;
    this.#link(place);
    return number;
  }

  /** Keeps what a duplicate gets; nothing where the message was forgotten meanwhile. */
  answer(number: number, bytes: Uint8Array): void {
    const place = this.#placeOf(number);
    if (place === undefined) return;
    if (bytes.length > shortBytes) {
      this.#lengths[place] = isLong;
      this.#long.set(place, bytes);
      return;
    }
    this.#lengths[place] = bytes.length;
    const start = place * shortBytes;
    for (let at = 0; at < bytes.length; at++) this.#short[start + at] = bytes[at] ?? 0;
  }

  /** Undefined while there is no answer yet, and where none is due. */
  answerTo(number: number): Uint8Array | undefined {
    const place = this.#placeOf(number);
    const length = place === undefined ? isOpen : (this.#lengths[place] ?? isOpen);
    if (place === undefined || length === isOpen) return undefined;
    if (length === isLong) return this.#long.get(place);
    return this.#short.subarray(place * shortBytes, place * shortBytes + length);
  }

  #placeOf(number: number): number | undefined {
    return this.#added - number <= this.#places ? number % this.#places : undefined;
  }

  #forget(place: number): void {
    if (this.#lengths[place] === isLong) this.#long.delete(place);
    this.#unlink(place);
  }

  #find(peer: number, id: number): number | undefined {
    const mask = this.#index.length - 1;
    for (let at = hash(peer, id) & mask; ; at = (at + 1) & mask) {
      const place = (this.#index[at] ?? 0) - 1;
      if (place < 0) return undefined;
      if (this.#ids[place] === id && this.#peers[place] === peer) return place;
    }
  }

  #link(place: number): void {
    const mask = this.#index.length - 1;
    let at = hash(this.#peers[place] ?? 0, this.#ids[place] ?? 0) & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = place + 1;
  }

  /** Takes the place out of the index, where it is in it, and closes the gap, so that no search ends too early. */
  #unlink(place: number): void {
    const mask = this.#index.length - 1;
    let gap = hash(this.#peers[place] ?? 0, this.#ids[place] ?? 0) & mask;
    while (this.#index[gap] !== place + 1) {
      if (this.#index[gap] === 0) return;
      gap = (gap + 1) & mask;
    }
    this.#index[gap] = 0;
    for (let at = (gap + 1) & mask; this.#index[at] !== 0; at = (at + 1) & mask) {
      const other = (this.#index[at] ?? 0) - 1;
      const home = hash(this.#peers[other] ?? 0, this.#ids[other] ?? 0) & mask;
      // It may move to the gap unless its home lies behind the gap, on the way to where it is.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#index[gap] = other + 1;
      this.#index[at] = 0;
      gap = at;
    }
  }

  #grow(): void {
    const places = this.#places * 2;
    this.#peers = extended(new Int32Array(places), this.#peers);
    this.#ids = extended(new Uint16Array(places), this.#ids);
    this.#untilMs = extended(new Float64Array(places), this.#untilMs);
    this.#lengths = extended(new Int16Array(places), this.#lengths);
    this.#short = extended(Buffer.allocUnsafe(places * shortBytes), this.#short);
    const linked = [...this.#index].filter((entry) => entry !== 0);
    this.#places = places;
    this.#index = new Int32Array(indexSize(places));
    for (const entry of linked) this.#link(entry - 1);
  }
}

/** At most half full, so that searches are short. */
function indexSize(places: number): number {
  return 1 << (32 - Math.clz32(places * 2 - 1));
}

function hash(peer: number, id: number): number {
  const mixed = Math.imul((peer << 16) ^ id ^ (peer >>> 16), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function extended<T extends { set(from: T): void }>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}
