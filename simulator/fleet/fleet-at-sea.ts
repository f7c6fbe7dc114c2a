import type { Bench } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import { LabError } from "#contract/errors.ts";
import type { FleetSeat, RunningFleet } from "#contract/fleet.ts";
import type { Json } from "#contract/observation.ts";
import { ConnectPacer } from "./connect-pacer.ts";
import { DeviceRandom } from "./device-random.ts";
import { type FieldSide, fieldSide } from "./field-side.ts";
import { type FleetSnapshot, FleetTally } from "./fleet-tally.ts";
import type { Sessions } from "./sessions.ts";
import { type Deck, SimulatedDevice } from "./simulated-device.ts";
import { TelemetryLedger } from "./telemetry-ledger.ts";
import { TimerWheel } from "./timer-wheel.ts";
import { type Watch, watchTelemetry } from "./witness.ts";

const tickMs = 10;
const reportEveryMs = 1_000;
/** Devices powered in a second, where the address allows as many connections. */
const poweredPerSecond = 2_000;
/** Most notes about single commands that had an effect. */
const mostActuations = 50;
/** Most time at the end for what is on its way to arrive. */
const drainMs = 1_000;
/** With nothing arriving for so long, everything that will arrive has. */
const quietMs = 150;

/** What sails: so many devices of a type with a chosen posture, and how they connect. */
export interface Crew {
  readonly type: DeviceType;
  readonly posture: { readonly [knob: string]: string };
  readonly size: number;
  readonly sessions: Sessions;
}

/** A fleet that runs: one loop advances the wheel, powers devices, paces connections and writes the counters. */
export class FleetAtSea implements RunningFleet, Deck {
  readonly type: DeviceType;
  readonly posture: { readonly [knob: string]: string };
  readonly wheel: TimerWheel;
  readonly tally: FleetTally;
  readonly #bench: Bench;
  readonly #seat: FleetSeat;
  readonly #sessions: Sessions;
  readonly #fields: FieldSide[] = [];
  readonly #devices: readonly SimulatedDevice[];
  readonly #ledger: TelemetryLedger;
  readonly #pacer: ConnectPacer<SimulatedDevice>;
  #powered = 0;
  #actuations = 0;
  #isOver = false;
  #isOutOfFiles = false;
  #watch: Watch | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(bench: Bench, seat: FleetSeat, { type, posture, size, sessions }: Crew) {
    const nowMs = bench.clock.nowMs();
    this.type = type;
    this.posture = posture;
    this.wheel = new TimerWheel(nowMs, { tickMs });
    this.tally = new FleetTally(nowMs);
    this.#bench = bench;
    this.#seat = seat;
    this.#sessions = sessions;
    this.#ledger = new TelemetryLedger(size);
    this.#pacer = new ConnectPacer(seat.at.maxRatePerSecond, (device) => this.#connect(device));
    this.#devices = seat.identities
      .slice(0, size)
      .map((identity, index) => new SimulatedDevice(index, identity, this.#chance(), this));
  }

  /** Has the witness listen before the first device speaks; where it cannot, delivery is not counted. */
  async callWitness(): Promise<void> {
    const { witness, at } = this.#seat;
    const { uncounted } = this.#sessions;
    if (uncounted !== undefined) return this.#noteUncounted(uncounted);
    if (witness === undefined) return;
    const topics = this.#devices.map(({ identity }) => identity.topics.telemetry);
    this.#watch = await watchTelemetry(this.#bench, at, witness, {
      topics,
      delivered: (device, sequence) => this.#ledger.delivered(device, sequence),
      afloat: () => this.#snapshot().connected / this.#devices.length,
    });
    if (this.#watch === undefined) this.#noteUncounted("the witness could not subscribe to the telemetry of the fleet");
  }

  /** Powers the devices, one after the other; returns at once. */
  setOut(): void {
    this.#loop = this.#sail();
  }

  async settled(withinMs: number, how?: "afresh"): Promise<boolean> {
    const { clock, signal } = this.#bench;
    const beganMs = clock.nowMs();
    const untilMs = beganMs + withinMs;
    const sinceMs = how === "afresh" ? beganMs : Number.NEGATIVE_INFINITY;
    for (;;) {
      this.#stopWithoutFiles();
      if (this.#powered === this.#devices.length && this.#devices.every((each) => isServed(each, sinceMs))) return true;
      if (clock.nowMs() >= untilMs || signal.aborted) return false;
      await clock.sleep(Math.min(50, untilMs - clock.nowMs()), signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#loop;
    this.#report(this.#bench.clock.nowMs());
    for (const device of this.#devices) device.stop();
    await this.#drain();
    for (const device of this.#devices) device.close("close");
    await this.#bench.clock.sleep(tickMs);
    for (const device of this.#devices) device.close("destroy");
    await Promise.all([this.#sessions, ...this.#fields].map((each) => each[Symbol.asyncDispose]()));
    await this.#writeAccount();
  }

  enqueue(device: SimulatedDevice): void {
    this.#pacer.enqueue(device);
  }

  reading(device: SimulatedDevice, sequence: number, fate: "sent" | "buffered" | "dropped"): void {
    // Without a witness nobody asks what it missed.
    this.#ledger.reading(device.index, sequence, fate, this.#watch?.isListening ?? true);
  }

  acknowledged(): void {
    this.#ledger.acknowledged();
  }

  actuated({ identity }: SimulatedDevice, what: string, to: Json): void {
    if (this.#actuations++ >= mostActuations) return;
    this.#bench.observe.note("device.actuated", { clientId: identity.clientId, what: what.slice(0, 200), to });
  }

  fieldOf(device: SimulatedDevice): FieldSide {
    const { field = device.identity, at, listeners = [] } = this.#seat;
    const side = fieldSide(this.#bench, [at, ...listeners], field, (what) => device.onField(what));
    this.#fields.push(side);
    return side;
  }

  failed(why: string): void {
    if (why === "EMFILE" || why === "ENFILE" || why === "E_LIMIT") this.#isOutOfFiles = true;
  }

  async #sail(): Promise<void> {
    const { clock } = this.#bench;
    let beforeMs = clock.nowMs();
    while (!this.#isOver) {
      const nowMs = clock.nowMs();
      this.#pacer.advance(nowMs - beforeMs);
      beforeMs = nowMs;
      this.tally.turned(nowMs);
      this.wheel.advance(nowMs);
      this.#power();
      if (this.tally.ageMs(nowMs) >= reportEveryMs) this.#report(nowMs);
      await clock.sleep(tickMs);
    }
  }

  /** As many as the ramp allows, and no more than can be connected now. */
  #power(): void {
    const perTick = Math.ceil((poweredPerSecond * tickMs) / 1_000);
    for (let left = perTick; left > 0 && this.#pacer.isFree; left--) {
      const device = this.#devices[this.#powered];
      if (device === undefined) return;
      this.#powered++;
      device.power();
    }
  }

  #connect(device: SimulatedDevice): void {
    device.board(() => this.#sessions.open(device, this.wheel));
  }

  #snapshot(): FleetSnapshot {
    const { safeWithinMs } = this.type.essential;
    const snapshot = { size: this.#devices.length, expected: 0, connected: 0, overdue: 0, overdueSafe: 0 };
    for (const { isExpected, isConnected, aloneSinceMs, isSafe } of this.#devices) {
      if (isExpected) snapshot.expected++;
      if (isExpected && isConnected) snapshot.connected++;
      if (aloneSinceMs === undefined || this.wheel.nowMs - aloneSinceMs <= safeWithinMs) continue;
      snapshot.overdue++;
      if (isSafe) snapshot.overdueSafe++;
    }
    return snapshot;
  }

  #report(nowMs: number): void {
    this.#bench.observe.note("fleet.counters", { ...this.tally.report(nowMs, this.#snapshot()) });
  }

  /** Devices have stopped producing; what they sent gets some time to arrive. The wheel goes on for their sessions. */
  async #drain(): Promise<void> {
    const { clock } = this.#bench;
    const untilMs = clock.nowMs() + drainMs;
    for (let before = -1; before < this.#ledger.arrivals && clock.nowMs() < untilMs; ) {
      before = this.#ledger.arrivals;
      await clock.sleep(quietMs);
      this.wheel.advance(clock.nowMs());
    }
  }

  async #writeAccount(): Promise<void> {
    const uncounted = this.#watch?.uncounted;
    if (uncounted !== undefined) this.#noteUncounted(uncounted);
    await this.#watch?.[Symbol.asyncDispose]();
    const isCounted = this.#watch !== undefined && uncounted === undefined;
    this.#bench.observe.note("fleet.telemetry", { ...this.#ledger.account(isCounted) });
  }

  #noteUncounted(because: string): void {
    this.#bench.observe.note("fleet.uncounted", { because });
  }

  #chance(): DeviceRandom {
    return new DeviceRandom(this.#bench.random.integer(0, 2 ** 32));
  }

  #stopWithoutFiles(): void {
    if (!this.#isOutOfFiles) return;
    throw new LabError(
      "E_LIMIT",
      `the fleet of ${this.#devices.length} ${this.type.id} used up this process's open files`,
      "Raise the limit (ulimit -n 65536), or make the fleets smaller.",
    );
  }
}

/** One that sleeps is not expected to be served. */
function isServed(device: SimulatedDevice, sinceMs: number): boolean {
  return !device.isExpected || device.isServedSince(sinceMs);
}
