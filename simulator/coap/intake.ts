import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { code, isRequest } from "./code.ts";
import { emptyMessage } from "./empty-message.ts";
import { lenientDecode } from "./lenient-decode.ts";
import { decode, encode, isMessage, type Malformed, type Message, messageType } from "./message.ts";
import type { CoapServerKnobs } from "./serving.ts";

/** What a careless server says to a datagram that is none of its protocol. */
const strangerText = "This is a CoAP server. The datagram could not be parsed as CoAP version 1.";

/** Turns datagrams into messages that a server may look at, and rejects the others (RFC 7252 §3, §4.2, §4.3). */
export class Intake {
  readonly #port: DatagramPort;
  readonly #isLenient: boolean;
  readonly #answersStrangers: boolean;
  /** RFC 7252 §8.1: what came by multicast is never rejected by RST. */
  readonly #resets: boolean;
  readonly #nextId: () => number;

  constructor(
    port: DatagramPort,
    knobs: Pick<CoapServerKnobs, "messageParsing" | "foreignDatagrams">,
    resets: boolean,
    nextId: () => number,
  ) {
    this.#port = port;
    this.#isLenient = knobs.messageParsing === "lenient";
    this.#answersStrangers = knobs.foreignDatagrams === "answered";
    this.#resets = resets;
    this.#nextId = nextId;
  }

  /** Undefined where there is nothing more to do. A message that it returns is a request, or Empty. */
  read(bytes: Buffer, from: Peer): Message | undefined {
    const decoded = decode(bytes);
    if (!isMessage(decoded)) return this.#isLenient ? this.#readLoosely(bytes, from) : this.#reject(decoded, from);
    if (decoded.code === code.empty) return decoded;
    if (isRequest(decoded.code) && decoded.type <= messageType.non) return decoded;
    return this.#isLenient ? asRequest(decoded) : this.#rejectCode(decoded, from);
  }

  #readLoosely(bytes: Buffer, from: Peer): Message | undefined {
    const read = lenientDecode(bytes);
    if (read === undefined) return this.#answerStranger(from);
    return read.code === code.empty ? read : asRequest(read);
  }

  #reject({ header }: Malformed, from: Peer): undefined {
    if (header?.version !== 1) return this.#answerStranger(from);
    if (header.type === messageType.con) this.#reset(header.messageId, from);
  }

  /** A response that nobody asked for, a reserved class, or a request in an ACK or RST. */
  #rejectCode({ type, messageId }: Message, from: Peer): undefined {
    if (type === messageType.con) this.#reset(messageId, from);
  }

  #reset(messageId: number, from: Peer): void {
    if (this.#resets) this.#port.send(emptyMessage(messageType.rst, messageId), from);
  }

  #answerStranger(from: Peer): undefined {
    if (!this.#answersStrangers) return;
    const payload = Buffer.from(strangerText);
    const messageId = this.#nextId();
    const error = { type: messageType.non, code: code.internalServerError, messageId, token: payload.subarray(0, 0) };
    this.#port.send(encode({ ...error, options: [], payload }), from);
  }
}

/** Whatever it is, it is taken for a request; a response is still none. */
function asRequest(message: Message): Message | undefined {
  const type = message.type === messageType.con ? messageType.con : messageType.non;
  if (isRequest(message.code)) return { ...message, type };
  const major = message.code >> 5;
  return major === 1 || major > 5 ? { ...message, type, code: code.get } : undefined;
}
