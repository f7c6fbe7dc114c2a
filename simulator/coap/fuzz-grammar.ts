import type { Random } from "#contract/bench.ts";
import { mutateBytes } from "../fuzz/byte-mutations.ts";
import type { FuzzProtocol, Sequence, Step } from "../fuzz/fuzz-protocol.ts";
import { code, codeText } from "./code.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import { type Option, option, optionNumber, pathOptions, uintBytes } from "./option.ts";

const token = Buffer.from("f5", "hex");
const requests = [code.get, code.post, code.put, code.delete, code.fetch, code.patch, code.iPatch];
const codes = [...requests, code.empty, code.content, code.continue, code.notFound, 0x1f, 0x20, 0xc0, 0xe1, 0xff];
const numbers = Object.values(optionNumber);
const oddNumbers = [0, 2, 10, 21, 128, 256, 269, 270, 2_048, 65_000, 65_001, 65_535];
const oddLengths = [0, 1, 2, 3, 4, 5, 8, 9, 12, 13, 255, 256, 269, 270, 600];
const mostOptions = 40;

/**
 * How CoAP is fuzzed: messages are taken apart and changed by field, code, option and block; some are written with
 * lengths and nibbles that lie. @param paths resources that the target has, so that more than 4.04 is met.
 */
export function coapGrammar(paths: readonly string[]): FuzzProtocol {
  const known = paths.length > 0 ? paths : [".well-known/core"];
  return {
    id: "coap",
    seeds: seedsFor(known),
    generate: (random) => encode(anyMessage(known, random)),
    mutate: (bytes, random) => {
      const read = decode(bytes, { extendedTokens: true });
      if (!isMessage(read)) return mutateBytes(bytes, random);
      return random.integer(0, 6) === 0 ? lie(read, random) : written(changed(read, known, random));
    },
    feature: (answer) => {
      const read = decode(answer);
      if (!isMessage(read)) return `malformed ${read.malformed}`;
      const options = read.options.map(({ number, value }) => `${number}${value.length === 0 ? "" : "+"}`).join(",");
      return `${read.type} ${codeText(read.code)} ${options} ${magnitude(read.payload.length)}`;
    },
    renew,
    simpler,
  };
}

function seedsFor(paths: readonly string[]): readonly Sequence[] {
  const [first = ".well-known/core"] = paths;
  let messageId = 0x4000;
  const request = (method: number, path: string, more: readonly Option[] = [], payload = "") =>
    encode({
      type: messageType.con,
      code: method,
      messageId: messageId++,
      token,
      options: [...pathOptions(path), ...more],
      payload: Buffer.from(payload, "latin1"),
    });
  const get = (...more: readonly Option[]) => request(code.get, first, more);
  const block = (number: number, more: boolean, text: string) =>
    request(code.put, first, [option(optionNumber.block1, (number << 4) | (more ? 8 : 0))], text);
  return [
    ...paths.map((path): Sequence => [request(code.get, path)]),
    [request(code.get, ".well-known/core")],
    [encode({ ...empty, type: messageType.con })],
    [request(code.put, first, [], "1"), get()],
    [request(code.post, first, [], "1")],
    [request(code.delete, first)],
    [get(option(optionNumber.observe, 0)), get(option(optionNumber.observe, 1))],
    [get(option(optionNumber.observe, 0)), encode({ ...empty, type: messageType.rst })],
    [block(0, true, "0123456789abcdef"), block(1, true, "0123456789abcdef"), block(2, false, "end")],
    [get(option(optionNumber.block2, 0)), get(option(optionNumber.block2, 0x10))],
    [get(option(optionNumber.etag, "abc"), option(optionNumber.ifMatch, "x"))],
    [request(code.get, "x", [option(optionNumber.proxyUri, "coap://127.0.0.1:9/x")])],
    [request(code.fetch, first, [option(optionNumber.contentFormat, 60)], "\xa0")],
  ];
}

const empty: Omit<Message, "type"> = {
  code: code.empty,
  messageId: 0x1234,
  token: Buffer.alloc(0),
  options: [],
  payload: Buffer.alloc(0),
};

function anyMessage(paths: readonly string[], random: Random): Message {
  return {
    type: random.integer(0, 8) === 0 ? messageType.non : messageType.con,
    code: oneOf(random.integer(0, 3) === 0 ? codes : requests, random, code.get),
    messageId: random.integer(0, 0x1_0000),
    token: random.integer(0, 3) === 0 ? bytesOf(random, random.integer(0, 9)) : token,
    options: [
      ...pathOptions(oneOf(paths, random, "")),
      ...Array.from({ length: random.integer(0, 3) }, () => anyOption(random)),
    ],
    payload: random.integer(0, 2) === 0 ? Buffer.alloc(0) : bytesOf(random, random.integer(1, 80)),
  };
}

function anyOption(random: Random): Option {
  const number = random.integer(0, 5) === 0 ? oneOf(oddNumbers, random, 0) : oneOf(numbers, random, 0);
  if (isBlock(number)) return { number, value: blockValue(random) };
  if (number === optionNumber.observe) return option(number, random.integer(0, 3));
  const length = random.integer(0, 4) === 0 ? oneOf(oddLengths, random, 0) : random.integer(0, 9);
  return { number, value: bytesOf(random, length) };
}

/** NUM, M and SZX, of small numbers mostly. */
function blockValue(random: Random): Buffer {
  const number = random.integer(0, 4) === 0 ? random.integer(0, 1 << 20) : random.integer(0, 4);
  return uintBytes(number * 16 + random.integer(0, 16));
}

function isBlock(number: number): boolean {
  return number === optionNumber.block1 || number === optionNumber.block2;
}

/** One change along the structure. */
function changed(message: Message, paths: readonly string[], random: Random): Message {
  const { options } = message;
  const at = random.integer(0, Math.max(1, options.length));
  const chosen = options[at];
  switch (random.integer(0, 10)) {
    case 0:
      return { ...message, type: oneOf(Object.values(messageType), random, messageType.con) };
    case 1:
      return { ...message, code: oneOf(codes, random, code.get) };
    case 2:
      return { ...message, token: bytesOf(random, random.integer(0, 9)) };
    case 3:
      return { ...message, options: options.toSpliced(at, 1) };
    case 4:
      return {
        ...message,
        options: bounded([
          ...options,
          ...Array.from({ length: 1 + random.integer(0, 20) }, () => chosen ?? anyOption(random)),
        ]),
      };
    case 5:
      return chosen === undefined ? message : { ...message, options: options.with(at, withValue(chosen, random)) };
    case 6: {
      const others = options.filter(({ number }) => number !== optionNumber.uriPath);
      return { ...message, options: [...pathOptions(oneOf(paths, random, "")), ...others] };
    }
    case 7:
      return { ...message, payload: bytesOf(random, oneOf(oddLengths, random, 0)) };
    case 8:
      return { ...message, payload: mutateBytes(Buffer.from(message.payload), random) };
    default:
      return { ...message, options: bounded([...options, anyOption(random)]) };
  }
}

function withValue(given: Option, random: Random): Option {
  if (isBlock(given.number)) return { ...given, value: blockValue(random) };
  return { ...given, value: mutateBytes(given.value, random) };
}

/** The same message with something in its bytes that is not true: a token length, a nibble, a marker, a missing end. */
function lie(message: Message, random: Random): Buffer {
  const bytes = written(message);
  const options = 4 + message.token.length;
  switch (random.integer(0, 5)) {
    case 0:
      return withByte(bytes, 0, ((bytes[0] ?? 0) & 0xf0) | random.integer(0, 16));
    case 1:
      return withByte(
        bytes,
        Math.min(options, bytes.length - 1),
        oneOf([0xf0, 0x0f, 0xdd, 0xee, 0xef, 0xff, 0x0d], random, 0xf0),
      );
    case 2:
      return Buffer.concat([bytes, Buffer.from([0xff])]);
    case 3:
      return bytes.subarray(0, 4 + random.integer(0, Math.max(1, bytes.length - 4)));
    default:
      return withByte(bytes, 0, ((bytes[0] ?? 0) & 0x3f) | (random.integer(0, 4) << 6));
  }
}

/** New ids for requests, the same for the same one; what acknowledges or resets keeps the id that it refers to. */
function renew(steps: readonly Step[], random: Random): readonly Step[] {
  const ids = new Map<string, number>();
  return steps.map(({ from, bytes }) => {
    const type = ((bytes[0] ?? 0) >> 4) & 3;
    if (bytes.length < 4 || type === messageType.ack || type === messageType.rst) return { from, bytes };
    const key = `${from}:${bytes.readUInt16BE(2)}`;
    const id = ids.get(key) ?? random.integer(0, 0x1_0000);
    ids.set(key, id);
    const renewed = Buffer.from(bytes);
    renewed.writeUInt16BE(id, 2);
    return { from, bytes: renewed };
  });
}

/** Without one option, without payload or token; bytes cut off at the end, for what is no message. */
function simpler(bytes: Buffer): readonly Buffer[] {
  const read = decode(bytes, { extendedTokens: true });
  if (!isMessage(read)) return [bytes.subarray(0, bytes.length >> 1), bytes.subarray(0, bytes.length - 1)];
  const { options, payload } = read;
  return [
    { ...read, options: [], payload: Buffer.alloc(0) },
    ...(payload.length > 0
      ? [
          { ...read, payload: Buffer.alloc(0) },
          { ...read, payload: payload.subarray(0, payload.length >> 1) },
        ]
      : []),
    { ...read, token: Buffer.alloc(0) },
    ...options.map((_, at) => ({ ...read, options: options.toSpliced(at, 1) })),
    ...options.flatMap((each, at) =>
      each.value.length === 0
        ? []
        : [{ ...read, options: options.with(at, { ...each, value: each.value.subarray(0, each.value.length >> 1) }) }],
    ),
  ].map(written);
}

function written(message: Message): Buffer {
  const length = message.token.length;
  // Between 9 and 12 bytes there is no encoding.
  return encode(length > 8 && length < 13 ? { ...message, token: message.token.subarray(0, 8) } : message);
}

function bounded(options: readonly Option[]): readonly Option[] {
  return options.slice(0, mostOptions);
}

/** So that an answer that grows by a byte is no news, and one that doubles is. */
function magnitude(length: number): number {
  return length === 0 ? 0 : 1 + Math.floor(Math.log2(length));
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const other = Buffer.from(bytes);
  if (at >= 0 && at < other.length) other[at] = value & 0xff;
  return other;
}

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(random.hex(length), "hex");
}

function oneOf<T>(among: readonly T[], random: Random, otherwise: T): T {
  return among[random.integer(0, among.length)] ?? otherwise;
}
