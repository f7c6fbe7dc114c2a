import { type Packet, parser } from "mqtt-packet";

/** Turns bytes into packets, as far as they are any. */
export interface PacketReader {
  /** The packets that these bytes complete; none once something was no packet. */
  read(bytes: Uint8Array): readonly Packet[];
  /** Set once the peer sent something that is no MQTT; nothing is read after it. */
  readonly broken: Error | undefined;
}

/** Reads packets of this protocol level from a peer that may be hostile: no bytes make it throw. */
export function packetReader(level: 3 | 4 | 5): PacketReader {
  const parsing = parser({ protocolVersion: level });
  let complete: Packet[] = [];
  let broken: Error | undefined;
  const breaks = (cause: unknown) => {
    broken ??= cause instanceof Error ? cause : new Error(String(cause));
  };
  parsing.on("packet", (packet) => complete.push(packet));
  parsing.on("error", breaks);
  return {
    read(bytes) {
      if (broken) return [];
      complete = [];
      try {
        parsing.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      } catch (cause) {
        breaks(cause);
      }
      return complete;
    },
    get broken() {
      return broken;
    },
  };
}
