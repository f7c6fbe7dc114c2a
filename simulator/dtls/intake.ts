import { type Alert, readAlert } from "./alert.ts";
import { type HandshakeMessage, handshakeType, readFragments } from "./handshake-message.ts";
import type { ReadState } from "./read-state.ts";
import { Reassembly } from "./reassembly.ts";
import { contentType, type DtlsRecord } from "./record.ts";

/** What a handshake is told of what comes in. */
export interface IntakeEvents {
  /** A whole message, in its turn; Finished only where it was protected. */
  onMessage(message: HandshakeMessage): void;
  /** The last message that had its turn came again: the peer repeats its flight. */
  onRepeated(): void;
  onAlert(alert: Alert): void;
  /** A record of the new epoch is not protected with the keys that were agreed on. */
  onForged(record: DtlsRecord): void;
}

/** Records that came before they could be read, and are kept until then. */
const mostHeld = 8;

/** Sorts what comes in during a handshake: two epochs, fragments, and records that overtook others. */
export class Intake {
  readonly #events: IntakeEvents;
  readonly #messages: Reassembly;
  #read: ReadState | undefined;
  #sawChangeCipherSpec = false;
  #held: DtlsRecord[] = [];
  /** True from when nothing more is to be told. */
  isOver = false;

  /** @param next `message_seq` of the first message. */
  constructor(next: number, events: IntakeEvents) {
    this.#messages = new Reassembly(next);
    this.#events = events;
  }

  /** What may be read with the new keys once the handshake is complete: the protected records that are no part of it. */
  get held(): readonly DtlsRecord[] {
    return this.#held;
  }

  take(record: DtlsRecord): void {
    if (this.isOver) return;
    if (record.epoch === 0) this.#takeClear(record);
    else if (record.epoch === 1) this.#takeProtected(record);
  }

  /** From now on records of the next epoch can be read, and those that are held are. */
  switchTo(read: ReadState): void {
    this.#read = read;
    this.#takeHeld();
  }

  #takeClear(record: DtlsRecord): void {
    if (record.type === contentType.handshake) this.#takeFragments(record);
    else if (record.type === contentType.alert) this.#takeAlert(record.fragment);
    else if (record.type === contentType.changeCipherSpec && record.fragment.length === 1) {
      this.#sawChangeCipherSpec = true;
      this.#takeHeld();
    }
  }

  #takeProtected(record: DtlsRecord): void {
    // RFC 5246 §7.1: nothing of the new epoch counts before ChangeCipherSpec, and application data not before Finished.
    const isEarly = this.#read === undefined || !this.#sawChangeCipherSpec;
    if (isEarly || record.type === contentType.applicationData) {
      if (this.#held.length < mostHeld) this.#held.push(record);
      return;
    }
    const content = this.#read?.read(record);
    if (content === "forged") this.#events.onForged(record);
    else if (content === undefined || content === "replayed") return;
    else if (record.type === contentType.handshake) this.#takeFragments({ fragment: content, epoch: record.epoch });
    else if (record.type === contentType.alert) this.#takeAlert(content);
  }

  #takeHeld(): void {
    if (this.#read === undefined || !this.#sawChangeCipherSpec) return;
    const held = this.#held;
    this.#held = [];
    for (const record of held) this.take(record);
  }

  #takeFragments({ fragment: content, epoch }: Pick<DtlsRecord, "fragment" | "epoch">): void {
    let isRepeated = false;
    for (const fragment of readFragments(content)) {
      // Finished is the one message of the new epoch: one in clear is no proof of anything, and the rest comes too late.
      if ((fragment.type === handshakeType.finished) !== epoch > 0) continue;
      const isOld = !this.#messages.take(fragment);
      isRepeated ||= isOld && fragment.sequence === this.#messages.next - 1;
      for (let next = this.#messages.shift(); next !== undefined; next = this.#messages.shift()) {
        this.#events.onMessage(next);
        if (this.isOver) return;
      }
    }
    if (isRepeated) this.#events.onRepeated();
  }

  #takeAlert(content: Buffer): void {
    const alert = readAlert(content);
    if (alert !== undefined) this.#events.onAlert(alert);
  }
}
