import { Refused } from "#contract/errors.ts";
import { type Sleeper, type TimerWheel, WheelTimer } from "../fleet/timer-wheel.ts";
import type { LeanSession, LeanSessionListener } from "../mqtt/lean-session.ts";
import { code, codeText, isSuccess } from "./code.ts";
import { roughTextsOf } from "./fields.ts";
import { answerOf } from "./lean-device-answer.ts";
import { LeanLine, type LineOwner } from "./lean-device-line.ts";
import { LeanObservation, type Sighting } from "./lean-device-observation.ts";
import { cancellation, deregistration, isLong, type LeanAsk, type LeanManner, nonPut } from "./lean-device-request.ts";
import type { LeanSocket } from "./lean-device-socket.ts";
import type { Message } from "./message.ts";
import { optionNumber } from "./option.ts";

/** Who a device is, and how it speaks. */
export interface LeanDeviceOptions {
  /** Its endpoint name (RFC 9176). */
  readonly endpoint: string;
  readonly manner: LeanManner;
  readonly random: { next(): number };
}

/**
 * Connects a CoAP device; never throws. Connecting is registering at the server's resource directory; a server without
 * one (4.04, 4.05) will do as well. Messages of QoS 1 are sent by CON, others by NON; both are a PUT on the path that is
 * the topic. A subscription observes the path: the state at registration counts as retained, a notification that is not
 * newer than the last as a duplicate. Everything timed is a timer of `wheel`, which the caller advances.
 * @param plug the socket; a promise for one that is still being opened.
 */
export function openLeanDevice(
  plug: LeanSocket | Promise<LeanSocket>,
  options: LeanDeviceOptions,
  listener: LeanSessionListener,
  wheel: TimerWheel,
): LeanSession {
  return new LeanDevice(plug, options, listener, wheel);
}

class LeanDevice implements LeanSession, LineOwner, Sleeper {
  readonly #options: LeanDeviceOptions;
  readonly #listener: LeanSessionListener;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  #state: "connecting" | "open" | "over" = "connecting";
  /** Absent until there is a socket, and after the end. */
  #line: LeanLine | undefined;
  /** Path of its registration, joined by slashes; empty where there is none. */
  #location = "";
  /** When registration and observations were kept alive last; while it connects, when it began to. */
  #refreshedMs: number;
  #observations: LeanObservation[] | undefined;

  constructor(
    plug: LeanSocket | Promise<LeanSocket>,
    options: LeanDeviceOptions,
    listener: LeanSessionListener,
    wheel: TimerWheel,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#wheel = wheel;
    this.#refreshedMs = wheel.nowMs;
    this.#timer = new WheelTimer(this, "session");
    if (plug instanceof Promise) void this.#await(plug);
    else this.#boardOn(plug);
    this.onDue();
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get heardMs(): number {
    return this.#line?.heardMs ?? Number.NEGATIVE_INFINITY;
  }

  get isConnecting(): boolean {
    return this.#state === "connecting";
  }

  get nowMs(): number {
    return this.#wheel.nowMs;
  }

  get self(): LineOwner["self"] {
    const { endpoint, manner } = this.#options;
    return { endpoint, manner, location: this.#location };
  }

  subscribe(filter: string): void {
    if (this.#state !== "open" || this.#line === undefined) return;
    const observation = new LeanObservation(filter, this.#line.nextNumber());
    this.#observations ??= [];
    this.#observations.push(observation);
    this.#line.ask({ kind: "observe", observation });
  }

  publish(topic: string, payload: string, qos: 0 | 1, _retain: boolean, token: number): void {
    if (this.#state !== "open") return;
    if (qos === 1) this.#line?.ask({ kind: "publish", path: topic, payload, token });
    else if (isLong(payload)) this.#line?.ask({ kind: "publish", path: topic, payload });
    else this.#line?.sendOnce((id, ownToken) => nonPut(id, ownToken, topic, payload));
  }

  close(): void {
    if (this.#state === "open") this.#takeLeave();
    this.#finish();
  }

  destroy(): void {
    this.#finish();
  }

  onTimer(_name: string, nowMs: number): void {
    if (this.#state === "over") return;
    if (this.#state === "connecting" && nowMs >= this.#refreshedMs + this.#connectWithinMs) {
      return this.onLost("no answer to the registration in time");
    }
    const line = this.#line;
    if (line !== undefined && nowMs >= line.dueMs) line.turn(nowMs);
    else if (line?.isIdle && nowMs >= this.#refreshDueMs(line)) this.#refresh(line, nowMs);
    this.onDue();
  }

  onAnswered(ask: LeanAsk, message: Message): void {
    const { code: said } = message;
    switch (ask.kind) {
      case "register":
        this.#registered(message);
        break;
      case "update":
        if (said === code.notFound) this.onLost("the registration is gone");
        else if (isDenial(said)) this.#refuse(said);
        break;
      case "publish":
        if (isSuccess(said) && ask.token !== undefined) this.#listener.onAcknowledged(ask.token);
        break;
      case "observe": {
        const sighting = ask.observation.registered(message, this.nowMs);
        this.#listener.onSubscribed(ask.observation.isEstablished);
        this.#deliver(ask.observation, sighting, message);
        break;
      }
      case "probe":
        break;
    }
  }

  onReset(ask: LeanAsk): void {
    if (ask.kind === "register") this.onLost("RST");
  }

  onNotified(number: number, message: Message): boolean {
    const observation = this.#observations?.find((each) => each.number === number);
    return observation !== undefined && this.#deliver(observation, observation.notified(message, this.nowMs), message);
  }

  onRequest(message: Message): Buffer | undefined {
    if (this.#state !== "open") return undefined;
    return answerOf(message, this.#options.manner, () => this.#line?.freshId() ?? message.messageId);
  }

  isTaken(number: number): boolean {
    return this.#observations?.some((each) => each.number === number) ?? false;
  }

  onLost(why: string): void {
    this.#finish();
    this.#listener.onEnded(why);
  }

  onDue(): void {
    if (this.#state === "over") return;
    const line = this.#line;
    const connectMs =
      this.#state === "connecting" ? this.#refreshedMs + this.#connectWithinMs : Number.POSITIVE_INFINITY;
    const refreshMs = this.#state === "open" && line?.isIdle ? this.#refreshDueMs(line) : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(connectMs, refreshMs, line?.dueMs ?? Number.POSITIVE_INFINITY);
    this.#wheel.set(this.#timer, dueMs - this.nowMs);
  }

  async #await(plug: Promise<LeanSocket>): Promise<void> {
    try {
      const socket = await plug;
      if (this.#state === "over") return void socket.close();
      this.#boardOn(socket);
    } catch (cause) {
      if (this.#state === "over") return;
      if (!(cause instanceof Refused)) return this.onLost(codeOf(cause));
      this.#finish();
      this.#listener.onRefused(cause.code);
    }
  }

  #boardOn(socket: LeanSocket): void {
    this.#line = new LeanLine(this, socket, this.#options.random);
    this.#line.ask({ kind: "register" });
  }

  #registered({ code: said, options }: Message): void {
    const hasNoDirectory = said === code.notFound || said === code.methodNotAllowed;
    if (!isSuccess(said) && !hasNoDirectory) return this.#refuse(said);
    this.#location = isSuccess(said) ? roughTextsOf(options, optionNumber.locationPath).join("/") : "";
    this.#state = "open";
    this.#refreshedMs = this.nowMs;
    this.#listener.onConnected(false);
  }

  /** Whether the observation goes on. */
  #deliver({ path }: LeanObservation, sighting: Sighting, { payload }: Message): boolean {
    if (sighting === "over") return false;
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    this.#listener.onMessage(path, bytes, sighting === "first", sighting === "stale");
    return true;
  }

  /** Keeps the registration and the observations alive, or at least hears whether the server is. */
  #refresh(line: LeanLine, nowMs: number): void {
    this.#refreshedMs = nowMs;
    const isRegistered = this.#location !== "";
    const due = this.#observations?.filter((each) => !isRegistered || each.isDue(nowMs)) ?? [];
    if (isRegistered) line.ask({ kind: "update" });
    for (const observation of due) line.ask({ kind: "observe", observation });
    if (!isRegistered && due.length === 0) line.ask({ kind: "probe" });
  }

  /** As often as MQTT pings, with nothing heard for half of the keep alive; and the registration before it is over. */
  #refreshDueMs({ heardMs }: LeanLine): number {
    const keepAliveMs = this.#options.manner.keepAliveS * 1_000;
    return Math.min(Math.max(heardMs, this.#refreshedMs) + keepAliveMs / 2, this.#refreshedMs + keepAliveMs * 0.8);
  }

  get #connectWithinMs(): number {
    return this.#options.manner.connectWithinMs ?? 10_000;
  }

  #takeLeave(): void {
    for (const { path, isEstablished, number } of this.#observations ?? []) {
      if (isEstablished) this.#line?.sendOnce((id, token) => cancellation(id, token, path), number);
    }
    const location = this.#location;
    if (location !== "") this.#line?.sendOnce((id, token) => deregistration(id, token, location));
  }

  #refuse(said: number): void {
    this.#finish();
    this.#listener.onRefused(codeText(said));
  }

  #finish(): void {
    this.#state = "over";
    this.#wheel.cancel(this.#timer);
    this.#line?.leave();
    this.#line = undefined;
    this.#observations = undefined;
  }
}

function isDenial(said: number): boolean {
  return said === code.unauthorized || said === code.forbidden;
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "closed";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
