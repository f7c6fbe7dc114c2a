import { generate, type Packet } from "mqtt-packet";
import { Refused } from "#contract/errors.ts";
import type { WireReference } from "#contract/observation.ts";
import type { Connection, PacketOf } from "./connection.ts";
import type { Ending } from "./transport.ts";

/** A message that arrived. The payload is read as UTF-8, with replacement characters where it is none. */
export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly qos: 0 | 1 | 2;
}

/** The answer to a CONNECT. */
export interface Connack {
  readonly code: number;
  readonly sessionPresent: boolean;
}

/** How long SUBACK, PUBACK and PUBCOMP are waited for, milliseconds. */
const answerWithinMs = 1_500;

/** A session that the broker admitted. Acknowledges what it receives and keeps every message. */
export class Session implements AsyncDisposable {
  readonly connack: Connack;
  readonly connection: Connection;
  /** Everything that arrived, in order. */
  readonly messages: readonly Message[];

  readonly #arrived: Message[] = [];
  readonly #level: 3 | 4 | 5;
  #read = 0;
  #lastId = 0;

  /** @param connection on which the CONNACK has just arrived. */
  constructor(connection: Connection, connack: Connack, level: 3 | 4 | 5) {
    this.connection = connection;
    this.connack = connack;
    this.#level = level;
    this.messages = this.#arrived;
    this.#takeIn();
    connection.hear(() => this.#takeIn());
  }

  get reference(): WireReference {
    return this.connection.reference;
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  get ended(): Promise<Ending> {
    return this.connection.ended;
  }

  /**
   * Subscribes, and returns the code of each filter: 0 to 2 granted, 128 and more denied. A granted filter proves
   * nothing about delivery. Refused when the broker closes instead; any other error when it does not answer.
   */
  async subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 0): Promise<readonly number[]> {
    const messageId = this.#nextId();
    this.#send({ cmd: "subscribe", messageId, subscriptions: filters.map((topic) => ({ topic, qos })) });
    const suback = await this.#answer("suback", messageId, answerWithinMs);
    if (suback) return suback.granted.map((code) => (typeof code === "number" ? code : 128));
    if (this.#closedByThem()) throw new Refused("closed", "the broker closed the connection after SUBSCRIBE");
    throw new Error(`no SUBACK within ${answerWithinMs} ms`);
  }

  /**
   * Publishes. `acknowledged` tells that PUBACK or PUBCOMP came, which for QoS 0 is never. An acknowledgement proves
   * nothing about delivery (MQTT-3.3.5-2: a denied PUBLISH is acknowledged all the same).
   */
  async publish(
    topic: string,
    payload: string,
    { qos = 0, retain = false }: { readonly qos?: 0 | 1 | 2; readonly retain?: boolean } = {},
  ): Promise<{ readonly acknowledged: boolean; readonly code?: number }> {
    const packet = { cmd: "publish", topic, payload, qos, retain, dup: false } as const;
    if (qos === 0) {
      this.#send(packet);
      return { acknowledged: false };
    }
    const messageId = this.#nextId();
    this.#send({ ...packet, messageId });
    const answer = await this.#answer(qos === 1 ? "puback" : "pubcomp", messageId, answerWithinMs);
    if (answer === undefined) return { acknowledged: false };
    return { acknowledged: true, code: answer.reasonCode ?? 0 };
  }

  /** Whether a PINGREQ was answered in time. As packets are processed in order, an answer shows that all before it were read. */
  async ping(withinMs: number): Promise<boolean> {
    this.#send({ cmd: "pingreq" });
    return (await this.connection.next("pingresp", withinMs)) !== undefined;
  }

  /** The first message so far or from now on for which `predicate` holds; undefined when none came in time. */
  until(predicate: (message: Message) => boolean, withinMs: number): Promise<Message | undefined> {
    return this.connection.until(() => this.#arrived.find(predicate), withinMs);
  }

  /** Says DISCONNECT, so that no will is sent, and ends the connection. */
  close(): void {
    this.#send({ cmd: "disconnect" });
    this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.connection.ended;
  }

  #answer<C extends "suback" | "puback" | "pubcomp">(cmd: C, id: number, withinMs: number) {
    return this.connection.until(
      () => this.connection.packets.find((one): one is PacketOf<C> => one.cmd === cmd && one.messageId === id),
      withinMs,
    );
  }

  #closedByThem(): boolean {
    return this.connection.ending?.by === "them";
  }

  #takeIn(): void {
    const { packets } = this.connection;
    for (; this.#read < packets.length; this.#read += 1) {
      const packet = packets[this.#read];
      if (packet) this.#take(packet);
    }
  }

  #take(packet: Packet): void {
    if (packet.cmd === "publish") {
      const { topic, retain, dup, qos, messageId } = packet;
      this.#arrived.push({ topic, payload: packet.payload.toString(), retain, dup, qos });
      if (messageId !== undefined && qos > 0) this.#send({ cmd: qos === 1 ? "puback" : "pubrec", messageId });
    } else if (packet.cmd === "pubrec" && packet.messageId !== undefined && (packet.reasonCode ?? 0) < 0x80) {
      this.#send({ cmd: "pubrel", messageId: packet.messageId });
    } else if (packet.cmd === "pubrel" && packet.messageId !== undefined) {
      this.#send({ cmd: "pubcomp", messageId: packet.messageId });
    }
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0xffff) + 1;
    return this.#lastId;
  }

  #send(packet: Packet): void {
    this.connection.send(generate(packet, { protocolVersion: this.#level }));
  }
}
