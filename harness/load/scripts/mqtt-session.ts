import { WebSocket } from "k6/websockets";
import { connectMs, connectOk, cut, ended, notBegun, received } from "./meters.ts";
import {
  connect,
  disconnect,
  type Packet,
  PacketReader,
  type Publish,
  pingRequest,
  puback,
  subscribe,
} from "./mqtt-codec.ts";
import { nowMs } from "./now.ts";
import type { ScriptIdentity } from "./settings.ts";

/** What a session is opened with, and who hears of it. */
export interface SessionPlan {
  readonly url: string;
  readonly identity: ScriptIdentity;
  readonly clean: boolean;
  readonly keepAliveS: number;
  /** The broker accepted; `tookMs` from CONNECT to CONNACK. */
  onUp(session: MqttSession, present: boolean, tookMs: number): void;
  onMessage?(message: Publish): void;
  onAcknowledged?(id: number): void;
  onGranted?(codes: readonly number[]): void;
  /** It is over, whoever ended it; called once, also where it never came up. */
  onDown(): void;
}

const patienceMs = 10_000;

/** What Go says when this machine has no file or port left; no fault of the broker. */
const exhausted = /too many open files|cannot assign requested address|no buffer space/i;

/** One MQTT connection over a WebSocket of k6, measured. */
export class MqttSession {
  readonly #plan: SessionPlan;
  readonly #socket: WebSocket;
  readonly #reader = new PacketReader();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #state: "opening" | "up" | "left" | "down" = "opening";
  #connectMs = 0;
  #lastId = 0;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#socket = new WebSocket(plan.url, null, { headers: { "Sec-WebSocket-Protocol": "mqtt" } });
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () => this.#introduce());
    this.#socket.addEventListener("message", (event) => {
      if ("data" in event && event.data instanceof ArrayBuffer) this.#hear(new Uint8Array(event.data));
    });
    this.#socket.addEventListener("error", (event) => {
      if ("error" in event && exhausted.test(event.error)) notBegun.add(1);
      this.#down();
    });
    this.#socket.addEventListener("close", () => this.#down());
    this.#timers.push(setTimeout(() => this.#giveUp(), patienceMs));
  }

  /** An identifier for a packet; in use again after 65,535 others. */
  nextId(): number {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return this.#lastId;
  }

  send(packet: Uint8Array): void {
    this.#socket.send(packet);
  }

  subscribe(filter: string, qos: 0 | 1): void {
    this.send(subscribe(this.nextId(), filter, qos));
  }

  /** DISCONNECT, as MQTT 3.1.1 §3.14 wants it, so that no will is sent and a clean session ends. */
  leave(): void {
    if (this.#state !== "up") return;
    this.#state = "left";
    ended.add(1);
    this.send(disconnect);
    this.#socket.close();
    // A broker that closes without a word leaves k6 waiting for the closing handshake.
    this.#timers.push(setTimeout(() => this.#down(), patienceMs));
  }

  #introduce(): void {
    if (this.#state === "down") return this.#socket.close();
    this.#connectMs = nowMs();
    this.send(connect({ ...this.#plan.identity, clean: this.#plan.clean, keepAliveS: this.#plan.keepAliveS }));
  }

  #hear(bytes: Uint8Array): void {
    try {
      for (const packet of this.#reader.read(bytes)) this.#take(packet);
    } catch {
      this.#giveUp();
    }
  }

  #take(packet: Packet): void {
    if (packet.kind === "connack") this.#answered(packet.code, packet.sessionPresent);
    else if (packet.kind === "puback") this.#plan.onAcknowledged?.(packet.id);
    else if (packet.kind === "suback") this.#plan.onGranted?.(packet.codes);
    else if (packet.kind === "publish") this.#deliver(packet.message);
  }

  #deliver(message: Publish): void {
    received.add(1);
    if (message.id !== undefined && this.#state === "up") this.send(puback(message.id));
    this.#plan.onMessage?.(message);
  }

  #answered(code: number, present: boolean): void {
    if (code !== 0 || this.#state !== "opening") return this.#giveUp();
    const tookMs = nowMs() - this.#connectMs;
    this.#state = "up";
    this.#quiet();
    connectMs.add(tookMs);
    connectOk.add(1);
    this.#ping();
    this.#plan.onUp(this, present, tookMs);
  }

  #ping(): void {
    const again = () => {
      this.send(pingRequest);
      this.#timers[0] = setTimeout(again, this.#plan.keepAliveS * 500);
    };
    this.#timers[0] = setTimeout(again, this.#plan.keepAliveS * 500);
  }

  #giveUp(): void {
    // Closing a socket of k6 that is still connecting stops the whole virtual user; that one is closed when it opens.
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.close();
    this.#down();
  }

  #down(): void {
    const was = this.#state;
    if (was === "down") return;
    this.#state = "down";
    this.#quiet();
    if (was === "opening") connectOk.add(0);
    if (was === "up") {
      ended.add(1);
      cut.add(1);
    }
    this.#plan.onDown();
  }

  #quiet(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
