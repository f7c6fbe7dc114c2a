import type { Random } from "#contract/bench.ts";
import type { DeviceAction, DeviceEvent, DeviceSelf, DeviceType, FieldEvent } from "#contract/device.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import type { Json } from "#contract/observation.ts";
import type { LeanSession, LeanSessionListener } from "../mqtt/lean-session.ts";
import type { FieldSide } from "./field-side.ts";
import type { FleetTally } from "./fleet-tally.ts";
import { type Sleeper, type TimerWheel, WheelTimer } from "./timer-wheel.ts";

/** What the devices of a fleet share. */
export interface Deck {
  readonly type: DeviceType;
  readonly posture: { readonly [knob: string]: string };
  readonly wheel: TimerWheel;
  readonly tally: FleetTally;
  /** Connects the device as soon as the address's rate allows; it then has a session. */
  enqueue(device: SimulatedDevice): void;
  reading(device: SimulatedDevice, sequence: number, fate: "sent" | "buffered" | "dropped"): void;
  acknowledged(): void;
  actuated(device: SimulatedDevice, what: string, to: Json): void;
  /** The side of a gateway that faces the devices behind it. */
  fieldOf(device: SimulatedDevice): FieldSide;
  /** A session could not be made or was lost, for this reason. */
  failed(why: string): void;
}

/** Token of a publish that carries no reading. */
const noReading = -1;
const connectTimer = "device.connect";

/** One device: turns what happens into events for its habits, and does what they answer. */
export class SimulatedDevice implements DeviceSelf, LeanSessionListener, Sleeper {
  readonly index: number;
  readonly identity: DeviceIdentity;
  readonly random: Random;
  readonly #deck: Deck;
  readonly #habits: readonly ((event: DeviceEvent) => readonly DeviceAction[])[];
  readonly #timers: WheelTimer[] = [];
  #session: LeanSession | undefined;
  #field: FieldSide | undefined;
  /** Whether the session got as far as CONNACK, or was registered. */
  #wasConnected = false;
  /** Whether the fleet has stopped it. */
  #isStopped = false;
  /** Whether it should be connected now. */
  isExpected = false;
  isSafe = false;
  /** Since when it has had no link against its will; undefined while all is well. */
  aloneSinceMs: number | undefined;

  constructor(index: number, identity: DeviceIdentity, random: Random, deck: Deck) {
    this.index = index;
    this.identity = identity;
    this.random = random;
    this.#deck = deck;
    this.#habits = deck.type.behaviours.map((behaviour) => behaviour.attach(this));
  }

  get type(): DeviceType {
    return this.#deck.type;
  }

  get posture(): DeviceSelf["posture"] {
    return this.#deck.posture;
  }

  get isConnected(): boolean {
    return this.#session?.isOpen ?? false;
  }

  /** Whether it is connected, and has heard so since that time where only that can tell. */
  isServedSince(ms: number): boolean {
    return this.isConnected && (this.#session?.heardMs ?? ms) >= ms;
  }

  power(): void {
    this.aloneSinceMs = this.#nowMs;
    this.#happen({ kind: "powered", nowMs: this.#nowMs });
  }

  /** Its turn to connect has come; it opens a session where it still wants one. */
  board(open: () => LeanSession): void {
    if (!this.isExpected || this.#session !== undefined) return;
    this.#deck.tally.attempted(this.#nowMs);
    this.#session = open();
  }

  /** Stops everything it had in mind, and ends its session in good order. */
  stop(): void {
    for (const timer of this.#timers) this.#deck.wheel.cancel(timer);
    this.isExpected = false;
    this.#isStopped = true;
  }

  close(how: "close" | "destroy"): void {
    this.#session?.[how]();
  }

  onTimer(name: string, nowMs: number): void {
    if (name === connectTimer) this.#deck.enqueue(this);
    else this.#happen({ kind: "timer", timer: name, nowMs });
  }

  onConnected(sessionPresent: boolean): void {
    this.aloneSinceMs = undefined;
    this.#wasConnected = true;
    this.#deck.tally.connected(this.#nowMs);
    this.#happen({ kind: "connected", sessionPresent, nowMs: this.#nowMs });
  }

  onRefused(code: string): void {
    this.#deck.tally.count("refused");
    this.#leftAlone();
    this.#happen({ kind: "refused", code, nowMs: this.#nowMs });
  }

  onEnded(why: string): void {
    if (this.#wasConnected) this.#deck.tally.count("lost");
    this.#leftAlone();
    this.#deck.failed(why);
    this.#happen({ kind: "link-lost", nowMs: this.#nowMs });
  }

  onMessage(topic: string, payload: Buffer, retain: boolean, duplicate: boolean): void {
    this.#deck.tally.count("received");
    const nowMs = this.#nowMs;
    this.#happen({ kind: "message", topic, payload: payload.toString("utf8"), retain, duplicate, nowMs });
  }

  onAcknowledged(token: number): void {
    this.#deck.tally.count("acknowledged");
    if (token === noReading) return;
    this.#deck.acknowledged();
    this.#happen({ kind: "published", sequence: token, nowMs: this.#nowMs });
  }

  onSubscribed(): void {}

  onField(what: FieldEvent): void {
    if (!this.#isStopped) this.#happen({ kind: "field", what, nowMs: this.#nowMs });
  }

  get #nowMs(): number {
    return this.#deck.wheel.nowMs;
  }

  #leftAlone(): void {
    this.#session = undefined;
    this.#wasConnected = false;
    this.aloneSinceMs ??= this.#nowMs;
  }

  #happen(event: DeviceEvent): void {
    for (const habit of this.#habits) {
      for (const action of habit(event)) this.#act(action);
    }
  }

  #act(action: DeviceAction): void {
    switch (action.kind) {
      case "connect":
        this.isExpected = true;
        if (action.afterMs > 0) this.#set(connectTimer, action.afterMs);
        else this.#deck.enqueue(this);
        break;
      case "disconnect":
        this.#disconnect();
        break;
      case "subscribe":
        this.#session?.subscribe(action.filter, action.qos);
        break;
      case "publish":
        this.#publish(action);
        break;
      case "timer":
        this.#set(action.timer, action.afterMs);
        break;
      case "function":
        this.#deck.tally.count("functionDue");
        if (action.performed) this.#deck.tally.count("functionPerformed");
        break;
      case "safe-state":
        this.isSafe = action.entered;
        break;
      case "field":
        this.#field ??= this.#deck.fieldOf(this);
        this.#field.do(action.ask);
        break;
      case "actuate":
        this.#deck.actuated(this, action.what, action.to);
        break;
      case "reading":
        this.#deck.reading(this, action.sequence, action.fate);
        break;
    }
  }

  #publish({ topic, payload, qos, retain = false, sequence = noReading }: DeviceAction & { kind: "publish" }): void {
    if (this.#session === undefined) return;
    this.#deck.tally.count("published");
    this.#session.publish(topic, payload, qos, retain, sequence);
  }

  #disconnect(): void {
    this.isExpected = false;
    this.#set(connectTimer, Number.POSITIVE_INFINITY);
    if (this.#session === undefined) return;
    const { isConnected } = this;
    this.#session.close();
    this.#session = undefined;
    this.#wasConnected = false;
    // Giving up on a connection that was not made yet is no orderly end: the device has not reached anybody.
    if (!isConnected) this.#leftAlone();
    this.#happen({ kind: isConnected ? "disconnected" : "link-lost", nowMs: this.#nowMs });
  }

  #set(name: string, afterMs: number): void {
    let timer = this.#timers.find((each) => each.name === name);
    if (timer === undefined) {
      if (afterMs === Number.POSITIVE_INFINITY) return;
      timer = new WheelTimer(this, name);
      this.#timers.push(timer);
    }
    this.#deck.wheel.set(timer, afterMs);
  }
}
