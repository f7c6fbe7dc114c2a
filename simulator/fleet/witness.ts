import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { type LeanSession, type LeanSessionListener, openLeanSession } from "../mqtt/lean-session.ts";
import { type Sleeper, TimerWheel, WheelTimer } from "./timer-wheel.ts";

/** Told which reading arrived: the place of its topic in the list that is watched, and its sequence number. */
export type Delivered = (place: number, sequence: number) => void;

/** What the witness is to listen for, and for whom. */
export interface WatchOrder {
  readonly topics: readonly string[];
  readonly delivered: Delivered;
  /** Share of the fleet's devices that are connected now, 0 to 1. */
  afloat(): number;
}

/** A fleet's share of the witness. */
export interface Watch extends AsyncDisposable {
  /** Whether everything that the broker delivers now is counted. */
  readonly isListening: boolean;
  /** Why what was counted says nothing about the fleet, where it does not. */
  readonly uncounted: string | undefined;
}

/** Witnesses at work, by the identity that they were made for: one account can have one session only. */
const atWork = new WeakMap<Identity, Witness>();

/**
 * Counts telemetry as `identity`, over a session that all fleets with the same identity share. Its client id ends in
 * `-witness`, so that others may use the identity meanwhile. Where the broker lets an account have one session only, the
 * first of them ends the counting: the witness never takes a session back.
 * Resolves when it listens, or undefined when it does not within `withinMs`.
 */
export async function watchTelemetry(
  bench: Bench,
  at: LabAddress,
  identity: Identity,
  order: WatchOrder,
  withinMs = 3_000,
): Promise<Watch | undefined> {
  const witness = atWork.get(identity) ?? new Witness(bench, at, identity);
  atWork.set(identity, witness);
  const watch = witness.watch(order);
  for (let waitedMs = 0; waitedMs < withinMs && !watch.isListening && !bench.signal.aborted; waitedMs += 20) {
    await bench.clock.sleep(20);
  }
  if (watch.isListening) return watch;
  await watch[Symbol.asyncDispose]();
  return undefined;
}

/** Time between two tries to come back; short, because what arrives meanwhile is not counted. */
const retryMs = 200;

class Witness implements LeanSessionListener, Sleeper {
  readonly #bench: Bench;
  readonly #at: LabAddress;
  readonly #identity: Identity;
  readonly #wheel: TimerWheel;
  readonly #retry = new WheelTimer(this, "retry");
  readonly #filters = new Set<string>();
  readonly #places = new Map<string, { readonly place: number; readonly watch: OneWatch }>();
  readonly #watches = new Set<OneWatch>();
  #session: LeanSession;
  #unanswered = 0;
  #hasListened = false;
  #isOver = false;
  /** Somebody else with the same account has ended its session. */
  wasTakenOver = false;

  constructor(bench: Bench, at: LabAddress, identity: Identity) {
    this.#bench = bench;
    this.#at = at;
    this.#identity = identity;
    this.#wheel = new TimerWheel(bench.clock.nowMs(), { slots: 256 });
    this.#session = this.#open();
    void this.#run();
  }

  watch(order: WatchOrder): OneWatch {
    const { topics } = order;
    const watch = new OneWatch(this, order);
    this.#watches.add(watch);
    for (const [place, topic] of topics.entries()) this.#places.set(topic, { place, watch });
    for (const filter of filtersFor(topics)) this.#listenTo(filter);
    return watch;
  }

  get isListening(): boolean {
    return this.#session.isOpen && this.#unanswered === 0;
  }

  /** Ends the session with the last watch. */
  leave(watch: OneWatch): void {
    this.#watches.delete(watch);
    if (this.#watches.size > 0 || this.#isOver) return;
    this.#isOver = true;
    atWork.delete(this.#identity);
    this.#session.close();
  }

  /**
   * After an outage the fleet is gone too. Where only the witness lost its session, somebody took it over, and would
   * be thrown out in turn.
   */
  onTimer(): void {
    this.wasTakenOver ||= this.#hasListened && [...this.#watches].some(({ order }) => order.afloat() > 0.5);
    if (!this.wasTakenOver) this.#session = this.#open();
  }

  onConnected(): void {
    this.#unanswered = 0;
    this.#hasListened = true;
    // Also in a session that was kept: subscribing again does no harm, and a broker may have forgotten.
    for (const filter of this.#filters) this.#subscribe(filter);
  }

  onRefused(): void {
    this.#wheel.set(this.#retry, retryMs);
  }

  onEnded(): void {
    this.#wheel.set(this.#retry, retryMs);
  }

  onMessage(topic: string, payload: Buffer, retain: boolean): void {
    const known = this.#places.get(topic);
    const sequence = sequenceOf(payload);
    if (known === undefined || sequence === undefined || retain) return;
    known.watch.hasHeard = true;
    known.watch.order.delivered(known.place, sequence);
  }

  onAcknowledged(): void {}

  onSubscribed(granted: boolean): void {
    if (granted) this.#unanswered--;
  }

  #listenTo(filter: string): void {
    if (this.#filters.has(filter)) return;
    this.#filters.add(filter);
    if (this.#session.isOpen) this.#subscribe(filter);
  }

  #subscribe(filter: string): void {
    this.#unanswered++;
    this.#session.subscribe(filter, 1);
  }

  #open(): LeanSession {
    const { clientId } = this.#identity;
    const own = { clientId: clientId.endsWith("witness") ? clientId : `${clientId}-witness` };
    return openLeanSession(this.#at, { ...this.#identity, ...own, keepAliveS: 10, clean: false }, this, this.#wheel);
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#bench.clock.sleep(20);
      this.#wheel.advance(this.#bench.clock.nowMs());
    }
  }
}

class OneWatch implements Watch {
  readonly #witness: Witness;
  readonly order: WatchOrder;
  hasHeard = false;

  constructor(witness: Witness, order: WatchOrder) {
    this.#witness = witness;
    this.order = order;
  }

  get uncounted(): string | undefined {
    if (this.#witness.wasTakenOver) return "another client of its account ended the session of the witness";
    // A subscription that is granted and delivers nothing looks like loss, and is none that anybody knows of.
    return this.hasHeard ? undefined : "the witness never heard from the fleet";
  }

  get isListening(): boolean {
    return this.#witness.isListening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#witness.leave(this);
  }
}

/**
 * As few filters as cover the topics: those that differ in one level become one filter with `+` there.
 * More than it covers is no harm, since only known topics are counted.
 */
export function filtersFor(topics: readonly string[]): readonly string[] {
  const [first] = topics;
  if (first === undefined) return [];
  if (topics.length === 1) return [first];
  const levels = first.split("/");
  const all = topics.map((topic) => topic.split("/"));
  const varying = levels.flatMap((level, at) => (all.every((other) => other[at] === level) ? [] : [at]));
  const sameLength = all.every((other) => other.length === levels.length);
  const [at] = varying;
  if (!sameLength || at === undefined || varying.length > 1) return [...new Set(topics)];
  return [levels.with(at, "+").join("/")];
}

const prefix = Buffer.from('{"seq":');

/** The number that a telemetry payload begins with; undefined for a payload that no device of ours made. */
export function sequenceOf(payload: Buffer): number | undefined {
  if (payload.length <= prefix.length || prefix.compare(payload, 0, prefix.length) !== 0) return undefined;
  const digits = /^\d{1,7}/.exec(payload.toString("latin1", prefix.length, prefix.length + 7))?.[0];
  return digits === undefined ? undefined : Number(digits);
}
