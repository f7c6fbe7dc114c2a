import type { BrokerKnobs } from "./broker-knobs.ts";
import { type Flaw, Malformed } from "./malformed.ts";
import { PacketFields } from "./packet-fields.ts";
import { checkBody, checkFirstByte, packetType } from "./packet-rules.ts";

/** What the gate says to some bytes. */
export interface GateAnswer {
  /** Whole packets that may go on, in the order they came; undefined where none was completed. */
  readonly pass?: Buffer;
  /** Why nothing goes on any more. What passed before it still counts. */
  readonly flaw?: Flaw;
}

/** Stands before the broker on one connection, and lets whole packets through. */
export interface PacketGate {
  /** Takes the next bytes of the connection. After a flaw it passes nothing, whatever comes. */
  feed(chunk: Buffer): GateAnswer;
}

/**
 * A gate for one connection, from its first byte; how the bytes are cut into chunks changes nothing about what passes.
 * `strict` lets nothing through that breaks MQTT 3.1.1 or comes out of order; `lenient` looks at lengths only, and where
 * a length cannot be read it steps aside; `fragile` is lenient, and has a flaw only for packets whose fields reach past
 * their end. `maxMessageBytes` (of Remaining Length; 0 for no limit) holds for all three.
 */
export function packetGate(rules: Pick<BrokerKnobs, "parsing" | "maxMessageBytes">): PacketGate {
  const { parsing, maxMessageBytes } = rules;
  const heeded = (flaw: Flaw) => parsing === "strict" || (parsing === "fragile" && flaw.cutShort === true);
  const order = packetOrder();
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Length of the packet that is being collected, as far as known. */
  let neededBytes = 1;
  let state: "guarding" | "aside" | "shut" = "guarding";

  /** Length in bytes of the packet at the start of `input`; undefined where more of it must come. Throws Malformed. */
  const next = (input: Buffer): number | undefined => {
    const first = input[0] ?? 0;
    if (parsing === "strict") {
      checkFirstByte(first);
      order.check(first >> 4);
    }
    const header = headerOf(input);
    if (header === undefined) {
      neededBytes = input.length + 1;
      return undefined;
    }
    if (maxMessageBytes > 0 && header.remaining > maxMessageBytes) throw new Malformed(tooLarge);
    const whole = header.length + header.remaining;
    if (input.length < whole) {
      neededBytes = whole;
      return undefined;
    }
    if (parsing !== "lenient") heed(() => checkBody(first, new PacketFields(input.subarray(header.length, whole))));
    order.passed(first >> 4);
    return whole;
  };

  const heed = (check: () => void) => {
    try {
      check();
    } catch (cause) {
      if (!(cause instanceof Malformed) || heeded(cause.flaw)) throw cause;
    }
  };

  const hold = (rest: Buffer) => {
    held = rest.length > 0 ? [rest] : [];
    heldBytes = rest.length;
    if (rest.length === 0) neededBytes = 1;
  };

  return {
    feed(chunk) {
      if (state === "shut" || chunk.length === 0) return {};
      if (state === "aside") return { pass: chunk };
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < neededBytes) return {};

      const input = held.length === 1 ? chunk : Buffer.concat(held, heldBytes);
      let at = 0;
      try {
        while (at < input.length) {
          const length = next(input.subarray(at));
          if (length === undefined) break;
          at += length;
        }
      } catch (cause) {
        if (!(cause instanceof Malformed)) throw cause;
        hold(Buffer.alloc(0));
        if (cause.flaw === unreadableLength && parsing !== "strict") {
          state = "aside";
          return { pass: input };
        }
        state = "shut";
        return { ...(at > 0 && { pass: input.subarray(0, at) }), flaw: cause.flaw };
      }
      hold(input.subarray(at));
      return at > 0 ? { pass: input.subarray(0, at) } : {};
    },
  };
}

const unreadableLength: Flaw = { rule: "remaining-length-of-5-bytes", clause: "MQTT-2.2.3" };
const tooLarge: Flaw = { rule: "message-too-large", clause: "limit" };

/** Reads the Remaining Length; undefined where more bytes must come. Throws Malformed where it has more than four bytes. */
function headerOf(input: Buffer): { readonly length: number; readonly remaining: number } | undefined {
  let remaining = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = input[at];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return { length: at + 1, remaining };
  }
  throw new Malformed(unreadableLength);
}

/** CONNECT first and once, nothing after DISCONNECT. */
function packetOrder() {
  let stage: "fresh" | "connected" | "over" = "fresh";
  return {
    /** Throws Malformed where a packet of this type must not come now. */
    check(type: number): void {
      if (stage === "over") throw new Malformed({ rule: "after-disconnect", clause: "MQTT-3.14.4-2" });
      if (stage === "fresh" && type !== packetType.connect) {
        throw new Malformed({ rule: "before-connect", clause: "MQTT-3.1.0-1" });
      }
      if (stage === "connected" && type === packetType.connect) {
        throw new Malformed({ rule: "second-connect", clause: "MQTT-3.1.0-2" });
      }
    },
    passed(type: number): void {
      if (type === packetType.connect) stage = "connected";
      if (type === packetType.disconnect) stage = "over";
    },
  };
}
