import type { LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import { type Sleeper, type TimerWheel, WheelTimer } from "../fleet/timer-wheel.ts";
import {
  type ConnectFields,
  connectBytes,
  disconnectBytes,
  eachPacket,
  messageOf,
  NoPacket,
  numberAt,
  packetType,
  pingBytes,
  pubackBytes,
  publishBytes,
  subscribeBytes,
} from "./lean-packets.ts";
import { openPipe, type Pipe, type PipeEvents } from "./lean-pipe.ts";

/** Who a lean session is and how it connects. */
export interface LeanSessionOptions extends ConnectFields {
  readonly certificate?: Identity["certificate"];
  /** Time until CONNACK after which it gives up; 10 s unless told otherwise. */
  readonly connectWithinMs?: number;
}

/** Who hears of a session. Exactly one of `onRefused` and `onEnded` ends it, unless it was closed from this side. */
export interface LeanSessionListener {
  onConnected(sessionPresent: boolean): void;
  /** The broker was heard to say no: `CONNACK 5`, `tls-alert`. */
  onRefused(code: string): void;
  /** The connection could not be made, or ended. `why` is a code of the system or a few words. */
  onEnded(why: string): void;
  /** `payload` is a view that only lives during the call. */
  onMessage(topic: string, payload: Buffer, retain: boolean, duplicate: boolean): void;
  /** A publish of QoS 1 with this token was acknowledged. */
  onAcknowledged(token: number): void;
  /** A subscription was answered. */
  onSubscribed(granted: boolean): void;
}

/** An MQTT 3.1.1 session made for being one of thousands: no timers, buffers or listeners of its own. */
export interface LeanSession {
  readonly isOpen: boolean;
  /**
   * When the other side was last heard, where nothing else tells that it is still there, milliseconds of the wheel;
   * absent where a connection ends when it is not.
   */
  readonly heardMs?: number;
  subscribe(filter: string, qos: 0 | 1): void;
  /** Sends a message; `token` comes back with its acknowledgement. */
  publish(topic: string, payload: string, qos: 0 | 1, retain: boolean, token: number): void;
  /** Says DISCONNECT and ends in good order; the listener hears nothing more. */
  close(): void;
  /** Ends at once, without DISCONNECT; the listener hears nothing more. */
  destroy(): void;
}

/**
 * Connects; never throws. Everything timed (connect time-out, keep alive, PINGRESP) is a timer of `wheel`, which the
 * caller advances.
 */
export function openLeanSession(
  at: LabAddress,
  options: LeanSessionOptions,
  listener: LeanSessionListener,
  wheel: TimerWheel,
): LeanSession {
  return new Session(at, options, listener, wheel);
}

/** With more than this waiting to be sent the peer counts as gone: a device has no memory to wait for it. */
const maxWaitingBytes = 1024 * 1024;

class Session implements LeanSession, PipeEvents, Sleeper {
  readonly #listener: LeanSessionListener;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #pipe: Pipe;
  readonly #keepAliveMs: number;
  #state: "connecting" | "open" | "over" = "connecting";
  #heardMs = 0;
  #sentMs = 0;
  /** When the PINGREQ that is not answered yet was sent; -1 for none. */
  #pingedMs = -1;
  /** The beginning of a packet that is not complete. */
  #rest: Buffer | undefined;
  #lastId = 0;
  /** Ids and tokens of publishes that wait for their acknowledgement, oldest first. */
  #waiting: { id: number; token: number }[] | undefined;

  constructor(at: LabAddress, options: LeanSessionOptions, listener: LeanSessionListener, wheel: TimerWheel) {
    this.#listener = listener;
    this.#wheel = wheel;
    this.#keepAliveMs = options.keepAliveS * 1_000;
    this.#timer = new WheelTimer(this, "session");
    wheel.set(this.#timer, options.connectWithinMs ?? 10_000);
    this.#pipe = openPipe(at, options.certificate, this);
    this.#pipe.write(connectBytes(options));
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  subscribe(filter: string, qos: 0 | 1): void {
    this.#send(subscribeBytes(this.#nextId(), filter, qos));
  }

  publish(topic: string, payload: string, qos: 0 | 1, retain: boolean, token: number): void {
    if (this.#state !== "open") return;
    const id = qos === 1 ? this.#nextId() : 0;
    if (qos === 1) {
      this.#waiting ??= [];
      this.#waiting.push({ id, token });
    }
    this.#send(publishBytes(topic, payload, qos, retain, id));
  }

  close(): void {
    if (this.#state === "over") return;
    if (this.#state === "open") this.#pipe.write(disconnectBytes);
    const connected = this.#state === "open";
    this.#finish();
    if (connected) this.#pipe.destroySoon();
    else this.#pipe.destroy();
  }

  destroy(): void {
    this.#finish();
    this.#pipe.destroy();
  }

  onTimer(_name: string, nowMs: number): void {
    if (this.#state === "connecting") return this.#lose("no CONNACK in time");
    if (this.#pingedMs >= 0 && nowMs - this.#pingedMs >= this.#keepAliveMs) return this.#lose("no PINGRESP in time");
    if (this.#pingedMs < 0 && this.#pingDueMs() <= nowMs) {
      this.#pingedMs = nowMs;
      this.#send(pingBytes);
    }
    this.#watch();
  }

  onBytes(bytes: Buffer): void {
    if (this.#state === "over") return;
    this.#heardMs = this.#wheel.nowMs;
    const all = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    try {
      const taken = eachPacket(all, (first, body) => this.#read(first, body));
      this.#rest = taken < all.length ? Buffer.from(all.subarray(taken)) : undefined;
    } catch (cause) {
      if (!(cause instanceof NoPacket)) throw cause;
      this.#lose(`not MQTT: ${cause.message}`);
    }
  }

  onEnd(cause?: Error): void {
    if (this.#state === "over") return;
    const code = codeOf(cause);
    this.#finish();
    if (cause instanceof Refused || code.includes("_ALERT_")) {
      this.#listener.onRefused(cause instanceof Refused ? cause.code : "tls-alert");
    } else {
      this.#listener.onEnded(code);
    }
  }

  /** False once the session is over, so that nothing after the end is read. */
  #read(first: number, body: Buffer): boolean {
    switch (first >> 4) {
      case packetType.connack:
        this.#readConnack(numberAt(body, 0));
        break;
      case packetType.publish:
        this.#readPublish(first, body);
        break;
      case packetType.puback:
        this.#readPuback(numberAt(body, 0));
        break;
      case packetType.suback:
        this.#listener.onSubscribed((body[2] ?? 0x80) < 0x80);
        break;
      case packetType.pingresp:
        this.#pingedMs = -1;
        break;
      default:
        throw new NoPacket(`packet type ${first >> 4} to a client`);
    }
    return this.isOpen;
  }

  #readConnack(flagsThenCode: number): void {
    if (this.#state === "open") throw new NoPacket("a second CONNACK");
    const code = flagsThenCode & 0xff;
    if (code !== 0) {
      this.#finish();
      this.#pipe.destroy();
      this.#listener.onRefused(`CONNACK ${code}`);
      return;
    }
    this.#state = "open";
    this.#sentMs = this.#wheel.nowMs;
    this.#watch();
    this.#listener.onConnected(flagsThenCode >> 8 === 1);
  }

  #readPublish(first: number, body: Buffer): void {
    const { topic, payload, qos, messageId, retain, duplicate } = messageOf(first, body);
    this.#listener.onMessage(topic, payload, retain, duplicate);
    if (qos === 1) this.#send(pubackBytes(messageId));
  }

  #readPuback(id: number): void {
    // Brokers acknowledge in order, so the search ends at the first nearly always.
    const at = this.#waiting?.findIndex((each) => each.id === id) ?? -1;
    const [found] = at < 0 ? [] : (this.#waiting?.splice(at, 1) ?? []);
    if (found !== undefined) this.#listener.onAcknowledged(found.token);
  }

  #send(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#sentMs = this.#wheel.nowMs;
    this.#pipe.write(bytes);
    // The end is reported by the pipe, later: a publish must not end its own session under the caller's feet.
    if (this.#pipe.writableLength > maxWaitingBytes) this.#pipe.destroy();
  }

  /** A device that only sends hears nothing but PINGRESP, so it asks for one after half of its keep alive. */
  #pingDueMs(): number {
    return Math.min(this.#heardMs + this.#keepAliveMs / 2, this.#sentMs + this.#keepAliveMs * 0.8);
  }

  /** A ping may stay unanswered for one keep alive, so a dead peer is noticed 1.5 keep alives after its last word. */
  #watch(): void {
    if (this.#state !== "open") return;
    if (this.#keepAliveMs === 0) return this.#wheel.cancel(this.#timer);
    const dueMs = this.#pingedMs < 0 ? this.#pingDueMs() : this.#pingedMs + this.#keepAliveMs;
    this.#wheel.set(this.#timer, dueMs - this.#wheel.nowMs);
  }

  #lose(why: string): void {
    this.#finish();
    this.#pipe.destroy();
    this.#listener.onEnded(why);
  }

  #finish(): void {
    this.#state = "over";
    this.#wheel.cancel(this.#timer);
    this.#rest = undefined;
    this.#waiting = undefined;
  }

  #nextId(): number {
    this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    return this.#lastId;
  }
}

function codeOf(cause: Error | undefined): string {
  if (cause === undefined) return "closed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
