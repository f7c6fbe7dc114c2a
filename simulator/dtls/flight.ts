import { fragmentsOf, type HandshakeMessage, handshakeHeaderBytes, writeFragment } from "./handshake-message.ts";
import { contentType } from "./record.ts";
import type { WriteState } from "./write-state.ts";

/** One part of a flight, and the epoch that it is sent in. */
export type FlightPart =
  | { readonly message: HandshakeMessage; readonly in: WriteState }
  | { readonly message: "change-cipher-spec"; readonly in: WriteState };

/** Room for a datagram that no link on the way will fragment. */
const datagramBytes = 1_200;

/**
 * The datagrams of a flight. Called again, it gives the same messages in fresh records, as RFC 6347 §4.2.4 has a flight
 * sent again.
 * @param fragmentBytes most bytes of a message's body in one record.
 */
export function datagramsOf(
  flight: readonly FlightPart[],
  version: number,
  fragmentBytes = datagramBytes - 100,
): readonly Buffer[] {
  const datagrams: Buffer[] = [];
  let records: Buffer[] = [];
  let size = 0;
  const add = (record: Buffer) => {
    if (size > 0 && size + record.length > datagramBytes) {
      datagrams.push(Buffer.concat(records, size));
      records = [];
      size = 0;
    }
    records.push(record);
    size += record.length;
  };
  for (const part of flight) {
    for (const { type, content } of contentsOf(part, fragmentBytes)) add(part.in.write(type, version, content));
  }
  if (size > 0) datagrams.push(Buffer.concat(records, size));
  return datagrams;
}

function contentsOf({ message }: FlightPart, fragmentBytes: number) {
  if (message === "change-cipher-spec") return [{ type: contentType.changeCipherSpec, content: Buffer.of(1) }];
  const size = Math.max(1, Math.min(fragmentBytes, datagramBytes - handshakeHeaderBytes - 100));
  return fragmentsOf(message, size).map((fragment) => ({
    type: contentType.handshake,
    content: writeFragment(fragment),
  }));
}
