import type { Random } from "#contract/bench.ts";
import { mutateBytes } from "../fuzz/byte-mutations.ts";
import type { FuzzProtocol, Sequence } from "../fuzz/fuzz-protocol.ts";
import { allSuites } from "./cipher-suite.ts";
import { type ClientHello, readClientHello, writeClientHello } from "./client-hello.ts";
import { type HandshakeFragment, handshakeType, readFragments, writeFragment } from "./handshake-message.ts";
import { partsOf } from "./heard-part.ts";
import { helloDatagrams, rawHello } from "./raw-hello.ts";
import { contentType, type DtlsRecord, readRecords, writeRecord } from "./record.ts";
import { dtlsVersion } from "./version.ts";

const versions = [...Object.values(dtlsVersion), 0x0303, 0x0100, 0xfefc, 0x0000];
const types = [...Object.values(contentType), 0, 19, 24, 25, 255];
const sequences = [0, 1, 2, 63, 64, 2 ** 31, 2 ** 32, 2 ** 48 - 1];
const lengths = [0, 1, 2, 12, 255, 256, 0x3fff, 0x4000, 0xffff, 0xffffff];

/**
 * How DTLS is fuzzed before a handshake has keys: records and fragments of the handshake are taken apart and changed by
 * field; hellos by version, suites, cookie and extensions; what is not understood, by bytes.
 * @param random for the hellos to begin with.
 */
export function dtlsGrammar(random: Random): FuzzProtocol {
  const hello = rawHello(random);
  return {
    id: "dtls",
    seeds: seedsFor(hello),
    generate: (chance) =>
      helloDatagrams(rawHello(chance, { cookie: bytesOf(chance, chance.integer(0, 33)) }))[0] ?? Buffer.alloc(0),
    mutate,
    // Records are told apart by number; a server remembers those of a session only, so nothing has to be renewed.
    renew: (steps) => steps,
    feature: (answer) => {
      const parts = partsOf(answer);
      return parts.length === 0 ? "no records" : parts.map(featureOfPart).join(" ");
    },
    simpler,
  };
}

function seedsFor(hello: ClientHello): readonly Sequence[] {
  const message = (type: number, body: Uint8Array, sequence = 1) =>
    seedRecord(
      contentType.handshake,
      writeFragment({ type, sequence, length: body.length, offset: 0, bytes: Buffer.from(body) }),
    );
  const pskIdentity = Buffer.concat([Buffer.of(0, 6), Buffer.from("victim")]);
  return [
    helloDatagrams(hello),
    helloDatagrams(hello, { fragmentBytes: 20 }),
    helloDatagrams({ ...hello, suites: allSuites }),
    helloDatagrams({ ...hello, cookie: Buffer.alloc(32, 0xaa) }),
    [...helloDatagrams(hello), ...helloDatagrams({ ...hello, cookie: Buffer.alloc(16, 0xbb) })],
    [message(handshakeType.clientKeyExchange, pskIdentity)],
    [seedRecord(contentType.changeCipherSpec, Buffer.of(1))],
    [seedRecord(contentType.alert, Buffer.of(2, 40))],
    [seedRecord(contentType.alert, Buffer.of(1, 0))],
    [message(handshakeType.finished, Buffer.alloc(12, 0xcc), 2)],
    [seedRecord(contentType.applicationData, Buffer.alloc(40, 0xdd), 1)],
    [...helloDatagrams(hello), seedRecord(contentType.applicationData, Buffer.from("40011234", "hex"))],
  ];
}

function featureOfPart(part: ReturnType<typeof partsOf>[number]): string {
  if (part.kind === "alert") return `alert ${part.alert.level} ${part.alert.description}`;
  if (part.kind === "handshake") return `handshake ${part.type}`;
  if (part.kind === "record") return `record ${part.record.type}`;
  return part.kind;
}

function mutate(datagram: Buffer, random: Random): Buffer {
  const records = readRecords(datagram);
  const at = random.integer(0, Math.max(1, records.length));
  const record = records[at];
  if (record === undefined || random.integer(0, 10) === 0) return mutateBytes(datagram, random);
  const changed = random.integer(0, 3) === 0 ? withHeader(record, random) : withContent(record, random);
  return Buffer.concat(records.map((each, index) => (index === at ? changed : written(each))));
}

/** One field of the record's header is another, its length perhaps a lie. */
function withHeader(record: DtlsRecord, random: Random): Buffer {
  switch (random.integer(0, 5)) {
    case 0:
      return written({ ...record, type: oneOf(types, random, 0) });
    case 1:
      return written({ ...record, version: oneOf(versions, random, 0) });
    case 2:
      return written({ ...record, epoch: oneOf([0, 1, 2, 0xffff], random, 0) });
    case 3:
      return written({ ...record, sequence: oneOf(sequences, random, 0) });
    default: {
      const bytes = written(record);
      bytes.writeUInt16BE(oneOf(lengths, random, 0) & 0xffff, 11);
      return bytes;
    }
  }
}

function withContent(record: DtlsRecord, random: Random): Buffer {
  const [fragment, ...others] = record.type === contentType.handshake ? readFragments(record.fragment) : [];
  if (fragment === undefined) return written({ ...record, fragment: mutateBytes(record.fragment, random) });
  const changed = random.integer(0, 2) === 0 ? withField(fragment, random) : writeFragment(withBody(fragment, random));
  return written({ ...record, fragment: Buffer.concat([changed, ...others.map(writeFragment)]) });
}

/** One field of a fragment's header is another: total length, place, own length, number or type. */
function withField(fragment: HandshakeFragment, random: Random): Buffer {
  const bytes = writeFragment(fragment);
  switch (random.integer(0, 6)) {
    case 0:
      bytes[0] = oneOf([...Object.values(handshakeType), 5, 255], random, 0);
      break;
    case 1:
      bytes.writeUIntBE(oneOf(lengths, random, 0), 1, 3);
      break;
    case 2:
      bytes.writeUInt16BE(oneOf([0, 1, 2, 3, 0xffff], random, 0), 4);
      break;
    case 3:
      bytes.writeUIntBE(oneOf(lengths, random, 0), 6, 3);
      break;
    case 4:
      bytes.writeUIntBE(oneOf(lengths, random, 0), 9, 3);
      break;
    default:
      return writeFragment({ ...fragment, bytes: Buffer.alloc(0) });
  }
  return bytes;
}

function withBody(fragment: HandshakeFragment, random: Random): HandshakeFragment {
  const hello =
    fragment.type === handshakeType.clientHello && fragment.offset === 0 ? readClientHello(fragment.bytes) : undefined;
  const bytes = hello === undefined ? mutateBytes(fragment.bytes, random) : writeClientHello(withMember(hello, random));
  return { ...fragment, length: bytes.length, bytes };
}

function withMember(hello: ClientHello, random: Random): ClientHello {
  const extension = { type: random.integer(0, 0x1_0000), content: bytesOf(random, random.integer(0, 40)) };
  switch (random.integer(0, 7)) {
    case 0:
      return { ...hello, version: oneOf(versions, random, 0) };
    case 1:
      return { ...hello, sessionId: bytesOf(random, random.integer(0, 33)) };
    case 2:
      return { ...hello, cookie: bytesOf(random, random.integer(0, 256)) };
    case 3:
      return { ...hello, suites: Array.from({ length: random.integer(0, 100) }, () => random.integer(0, 0x1_0000)) };
    case 4:
      return { ...hello, compressions: bytesOf(random, random.integer(0, 10)) };
    case 5:
      return { ...hello, extensions: [...hello.extensions, extension].slice(-20) };
    default:
      return { ...hello, extensions: [] };
  }
}

function seedRecord(type: number, content: Uint8Array, epoch = 0): Buffer {
  return writeRecord({ type, version: dtlsVersion["1.2"], epoch, sequence: 1 }, content);
}

/** Fewer records, then less in them. */
function simpler(datagram: Buffer): readonly Buffer[] {
  const records = readRecords(datagram);
  if (records.length === 0)
    return [datagram.subarray(0, datagram.length >> 1), datagram.subarray(0, datagram.length - 1)];
  const without = records.length === 1 ? [] : records.map((_, at) => records.toSpliced(at, 1));
  const shorter = records.flatMap((record, at) =>
    record.fragment.length === 0
      ? []
      : [records.with(at, { ...record, fragment: record.fragment.subarray(0, record.fragment.length >> 1) })],
  );
  return [...without, ...shorter].map((some) => Buffer.concat(some.map(written)));
}

function written({ fragment, ...header }: DtlsRecord): Buffer {
  return writeRecord(header, fragment);
}

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(random.hex(length), "hex");
}

function oneOf<T>(among: readonly T[], random: Random, otherwise: T): T {
  return among[random.integer(0, among.length)] ?? otherwise;
}
