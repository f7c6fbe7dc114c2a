/**
 * Writes TCP connections and UDP datagrams as a pcapng capture, from the bytes that were sent and received: the packets are made, the
 * bytes in them are those of the wire. Link type RAW (IP without a frame), microsecond times, checksums right, segments
 * of at most 1,400 bytes. Format: draft-ietf-opsawg-pcapng; RFC 9293 for TCP, RFC 768 for UDP, RFC 791 and 8200 for IP.
 */
export interface Endpoint {
  /** A literal IPv4 or IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** TCP flags used here. */
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;

const segmentBytes = 1_400;
const linkTypeRaw = 101;

/** The blocks that every capture begins with: section header and one interface. */
export function captureHeader(comment: string): Buffer {
  return Buffer.concat([
    block(
      0x0a0d0d0a,
      Buffer.concat([
        u32(0x1a2b3c4d),
        u16(1),
        u16(0),
        Buffer.alloc(8, 0xff),
        option(1, comment),
        option(4, "seatrial"),
        u32(0),
      ]),
    ),
    block(1, Buffer.concat([u16(linkTypeRaw), u16(0), u32(0), option(9, Buffer.from([6])), u32(0)])),
  ]);
}

/** One connection: turns what happened into packets. `atUs` are microseconds since the epoch. */
export class TcpConversation {
  readonly #us: Side;
  readonly #them: Side;

  constructor(local: Endpoint, remote: Endpoint) {
    this.#us = { ...local, next: 1_000 };
    this.#them = { ...remote, next: 5_000 };
  }

  opened(atUs: bigint): Buffer {
    return Buffer.concat([
      this.#packet(atUs, this.#us, this.#them, SYN),
      this.#packet(atUs, this.#them, this.#us, SYN | ACK),
      this.#packet(atUs, this.#us, this.#them, ACK),
    ]);
  }

  data(atUs: bigint, by: "us" | "them", bytes: Uint8Array): Buffer {
    const [from, to] = this.#sides(by);
    const packets: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      packets.push(this.#packet(atUs, from, to, PSH | ACK, bytes.subarray(at, at + segmentBytes)));
    }
    return Buffer.concat(packets);
  }

  closed(atUs: bigint, how: "fin" | "reset", by: "us" | "them"): Buffer {
    const [from, to] = this.#sides(by);
    if (how === "reset") return this.#packet(atUs, from, to, RST | ACK);
    return Buffer.concat([
      this.#packet(atUs, from, to, FIN | ACK),
      this.#packet(atUs, to, from, FIN | ACK),
      this.#packet(atUs, from, to, ACK),
    ]);
  }

  #sides(by: "us" | "them"): readonly [Side, Side] {
    return by === "us" ? [this.#us, this.#them] : [this.#them, this.#us];
  }

  #packet(atUs: bigint, from: Side, to: Side, flags: number, data: Uint8Array = new Uint8Array()): Buffer {
    const segment = tcp(from, to, flags, data);
    from.next = (from.next + data.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
    return packetBlock(atUs, ip(from.host, to.host, protocol.tcp, segment));
  }
}

/** One UDP datagram of at most 65,507 bytes, written as one IP packet however long it is. */
export function udpDatagram(atUs: bigint, from: Endpoint, to: Endpoint, data: Uint8Array): Buffer {
  const segment = Buffer.alloc(8 + data.length);
  segment.writeUInt16BE(from.port, 0);
  segment.writeUInt16BE(to.port, 2);
  segment.writeUInt16BE(segment.length, 4);
  segment.set(data, 8);
  // RFC 768: a sum of zero is sent as ones, since zero says that there is none.
  segment.writeUInt16BE(checksum(pseudoHeaded(from, to, protocol.udp, segment)) || 0xffff, 6);
  return packetBlock(atUs, ip(from.host, to.host, protocol.udp, segment));
}

function packetBlock(atUs: bigint, packet: Buffer): Buffer {
  const padded = Buffer.concat([packet, Buffer.alloc(-packet.length & 3)]);
  return block(
    6,
    Buffer.concat([
      u32(0),
      u32(Number(atUs >> 32n)),
      u32(Number(atUs & 0xffffffffn)),
      u32(packet.length),
      u32(packet.length),
      padded,
    ]),
  );
}

/** Protocol numbers of IP. */
const protocol = { tcp: 6, udp: 17 } as const;

function pseudoHeaded(from: Endpoint, to: Endpoint, number: number, segment: Buffer): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(segment.length);
  tail[7] = number;
  return Buffer.concat([addressBytes(from.host), addressBytes(to.host), tail, segment]);
}

function ip(from: string, to: string, number: number, segment: Buffer): Buffer {
  return from.includes(":") ? ipv6(from, to, number, segment) : ipv4(from, to, number, segment);
}

/** One end, and the number of the next byte that it sends. */
interface Side extends Endpoint {
  next: number;
}

function tcp(from: Side, to: Side, flags: number, data: Uint8Array): Buffer {
  const segment = Buffer.alloc(20 + data.length);
  segment.writeUInt16BE(from.port, 0);
  segment.writeUInt16BE(to.port, 2);
  segment.writeUInt32BE(from.next, 4);
  segment.writeUInt32BE(flags & ACK ? to.next : 0, 8);
  segment[12] = 5 << 4;
  segment[13] = flags;
  segment.writeUInt16BE(0xffff, 14);
  segment.set(data, 20);
  segment.writeUInt16BE(checksum(pseudoHeaded(from, to, protocol.tcp, segment)), 16);
  return segment;
}

function ipv4(from: string, to: string, number: number, segment: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + segment.length, 2);
  header[6] = 0x40;
  header[8] = 64;
  header[9] = number;
  header.set(addressBytes(from), 12);
  header.set(addressBytes(to), 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, segment]);
}

function ipv6(from: string, to: string, number: number, segment: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(segment.length, 4);
  header[6] = number;
  header[7] = 64;
  header.set(addressBytes(from), 8);
  header.set(addressBytes(to), 24);
  return Buffer.concat([header, segment]);
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function addressBytes(host: string): Buffer {
  if (!host.includes(":")) return Buffer.from(host.split(".").map(Number));
  const [head = "", tail = ""] = host.replace(/%.*$/, "").split("::");
  const [front, back] = [groups(head), groups(tail)];
  const all = host.includes("::") ? [...front, ...Array(8 - front.length - back.length).fill(0), ...back] : front;
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function block(type: number, body: Buffer): Buffer {
  const length = u32(body.length + 12);
  return Buffer.concat([u32(type), length, body, length]);
}

function option(code: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(code), u16(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
