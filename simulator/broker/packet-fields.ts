import { isUtf8 } from "node:buffer";
import { malformed } from "./malformed.ts";

/** Reads the fields of one packet in order. Every method throws {@link Malformed} where the packet does not hold what it must. */
export class PacketFields {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get left(): number {
    return this.#body.length - this.#at;
  }

  bytes(length: number): Buffer {
    if (length > this.left) malformed("cut-short", "MQTT-4.8.0-1", { cutShort: true });
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }

  byte(): number {
    return this.bytes(1).readUInt8(0);
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE(0);
  }

  /** Length, then so many bytes of any kind. */
  binary(): Buffer {
    return this.bytes(this.uint16());
  }

  /** UTF-8 without overlong forms, surrogates and U+0000. */
  text(): Buffer {
    const text = this.binary();
    if (!isUtf8(text)) malformed("invalid-utf8", "MQTT-1.5.3-1");
    if (text.includes(0)) malformed("nul-in-string", "MQTT-1.5.3-2");
    return text;
  }

  packetId(): void {
    if (this.uint16() === 0) malformed("packet-id-0", "MQTT-2.3.1-1");
  }

  /** A topic to publish to. */
  topicName(): void {
    const topic = this.text();
    checkLevels(topic);
    if (topic.includes(plus) || topic.includes(hash)) malformed("wildcard-in-topic", "MQTT-3.3.2-2");
  }

  topicFilter(): void {
    const filter = this.text();
    checkLevels(filter);
    for (let at = 0; at < filter.length; at += 1) {
      const byte = filter[at];
      if (byte !== plus && byte !== hash) continue;
      const last = at === filter.length - 1;
      const alone = (at === 0 || filter[at - 1] === slash) && (last || filter[at + 1] === slash);
      if (!alone || (byte === hash && !last)) malformed("misplaced-wildcard", "MQTT-4.7.1-2");
    }
  }

  /** Nothing may be left. */
  end(): void {
    if (this.left > 0) malformed("trailing-bytes", "MQTT-4.8.0-1");
  }
}

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

/** aedes' own matcher takes no more than a hundred levels; nobody's devices need half of it. */
const maxTopicLevels = 50;

function checkLevels(topic: Buffer): void {
  if (topic.length === 0) malformed("empty-topic", "MQTT-4.7.3-1");
  let levels = 1;
  for (let at = topic.indexOf(slash); at >= 0; at = topic.indexOf(slash, at + 1)) levels += 1;
  if (levels > maxTopicLevels) malformed("too-many-topic-levels", "MQTT-4.7.3");
}
