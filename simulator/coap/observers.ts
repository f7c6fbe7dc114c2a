import { code, isSuccess } from "./code.ts";
import type { KnownPeer } from "./known-peers.ts";
import type { Ending, Outbox, Sending } from "./outbox.ts";
import type { CoapRequest, CoapResponse, CoapServerKnobs } from "./serving.ts";
import { type Timed, type Timers, unset } from "./timers.ts";
import type { Turn } from "./turn.ts";

/** What observers need of the server that they are at. */
export interface ObservedServer {
  readonly outbox: Outbox;
  readonly timers: Timers;
  /** The state that this observer may see now, or undefined. */
  stateFor(request: CoapRequest): Promise<CoapResponse | undefined>;
  /** Writes a notification; `sequence` is absent from one that ends the observation. */
  encode(
    observer: Observer,
    response: CoapResponse,
    how: { readonly messageId: number; readonly isConfirmable: boolean; readonly sequence: number | undefined },
  ): Uint8Array;
}

type Knobs = Pick<
  CoapServerKnobs,
  "maxObservers" | "maxObserversPerPeer" | "silentObservers" | "observerKey" | "notifications"
>;

/** Least time between two NON notifications to one observer, where newer states replace older ones. */
const nonGapMs = 250;

/** Everybody who observes a resource (RFC 7641 §4). */
export class Observers {
  readonly #server: ObservedServer;
  readonly #knobs: Knobs;
  readonly #byKey = new Map<string, Observer>();
  readonly #byPath = new Map<string, Set<Observer>>();
  #sequence = 1;
  notifications = 0;

  constructor(server: ObservedServer, knobs: Knobs) {
    this.#server = server;
    this.#knobs = knobs;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The number for the Observe option of the answer, or undefined where there is no room (RFC 7641 §4.1). */
  register(turn: Turn, request: CoapRequest): number | undefined {
    const to = turn.from;
    const key = this.#keyOf(to, turn.message.token);
    const before = this.#byKey.get(key);
    if (before === undefined && !this.#hasRoomFor(to)) return undefined;
    if (before !== undefined) this.remove(before);
    const observer = new Observer(this, key, turn, request);
    this.#byKey.set(key, observer);
    const others = this.#byPath.get(observer.path) ?? new Set();
    this.#byPath.set(observer.path, others.add(observer));
    return this.#sequence;
  }

  cancel(to: KnownPeer, token: Uint8Array): void {
    if (this.#byKey.size === 0) return;
    const observer = this.#byKey.get(this.#keyOf(to, token));
    if (observer !== undefined) this.remove(observer);
  }

  /** Tells all observers of the path. */
  changed(path: string): void {
    const observers = this.#byPath.get(path);
    if (observers === undefined) return;
    this.#sequence = (this.#sequence + 1) & 0xffffff;
    for (const observer of observers) this.#inform(observer);
  }

  remove(observer: Observer): void {
    observer.isOver = true;
    if (observer.lastNonId !== undefined) this.#server.outbox.forget(observer.lastNonId);
    this.#server.timers.cancel(observer);
    this.#byKey.delete(observer.key);
    const others = this.#byPath.get(observer.path);
    others?.delete(observer);
    if (others?.size === 0) this.#byPath.delete(observer.path);
  }

  /** What was under way to it is done; a state that came meanwhile goes out now. */
  proceed(observer: Observer): void {
    observer.isBusy = false;
    if (observer.isBehind && !observer.isOver) this.#inform(observer);
  }

  #inform(observer: Observer): void {
    if (this.#knobs.notifications === "limited" && observer.isBusy) {
      observer.isBehind = true;
      return;
    }
    observer.isBusy = true;
    observer.isBehind = false;
    void this.#notify(observer);
  }

  async #notify(observer: Observer): Promise<void> {
    const sequence = this.#sequence;
    const state = await this.#server.stateFor(observer.request).catch(() => ({ code: code.internalServerError }));
    if (observer.isOver) return;
    if (state === undefined) return this.proceed(observer);
    this.notifications++;
    const goesOn = isSuccess(state.code);
    const isConfirmable = this.#knobs.silentObservers === "dropped" || !goesOn;
    const sending: Sending = {
      encode: (messageId) =>
        this.#server.encode(observer, state, { messageId, isConfirmable, sequence: goesOn ? sequence : undefined }),
      ended: (how) => this.#ended(observer, how),
    };
    // RFC 7641 §4.2: an error ends the observation, and is told like any other state.
    if (!goesOn) this.remove(observer);
    if (isConfirmable) return this.#server.outbox.sendConfirmable(observer.to, sending);
    if (observer.lastNonId !== undefined) this.#server.outbox.forget(observer.lastNonId);
    observer.lastNonId = this.#server.outbox.sendNon(observer.to, sending);
    this.#server.timers.set(observer, nonGapMs);
  }

  #ended(observer: Observer, how: Ending): void {
    if (observer.isOver) return;
    if (how === "acknowledged") this.proceed(observer);
    else this.remove(observer);
  }

  #hasRoomFor(to: KnownPeer): boolean {
    const { maxObservers, maxObserversPerPeer } = this.#knobs;
    // A quarter is kept for those who have shown who they are, so that nobody unknown can take all of it.
    const most = to.peer.identity === undefined ? Math.ceil(maxObservers * 0.75) : maxObservers;
    if (maxObservers > 0 && this.#byKey.size >= most) return false;
    if (maxObserversPerPeer === 0) return true;
    let own = 0;
    for (const { to: other } of this.#byKey.values()) if (other.key === to.key) own++;
    return own < maxObserversPerPeer;
  }

  #keyOf({ key }: KnownPeer, token: Uint8Array): string {
    const hex = Buffer.from(token).toString("hex");
    return this.#knobs.observerKey === "token" ? hex : `${key} ${hex}`;
  }
}

/** One registration. */
export class Observer implements Timed {
  tick = unset;
  seat = unset;
  isOver = false;
  /** A notification is under way. */
  isBusy = false;
  /** The state has changed since. */
  isBehind = false;
  lastNonId: number | undefined;
  readonly key: string;
  readonly path: string;
  readonly to: KnownPeer;
  readonly token: Uint8Array;
  readonly request: CoapRequest;
  /** See {@link Turn}. */
  readonly place: string;
  readonly size: number;
  readonly #observers: Observers;

  constructor(observers: Observers, key: string, { from, message, place, size }: Turn, request: CoapRequest) {
    this.#observers = observers;
    this.key = key;
    this.path = request.path.join("/");
    this.to = from;
    this.token = message.token;
    this.request = request;
    this.place = place;
    this.size = size;
  }

  onTime(): void {
    this.#observers.proceed(this);
  }
}
