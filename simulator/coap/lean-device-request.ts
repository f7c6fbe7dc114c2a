import { type Block, blockBytes, blockOption, greatestSzx } from "./block.ts";
import { code } from "./code.ts";
import type { LeanObservation } from "./lean-device-observation.ts";
import { encode, messageType } from "./message.ts";
import { contentFormat, type Option, option, optionNumber, pathOptions } from "./option.ts";

/** Who asks. */
export interface LeanSelf {
  readonly endpoint: string;
  readonly manner: LeanManner;
  /** Path of its registration, joined by slashes. */
  readonly location: string;
}

/** What a device asks of its server. */
export type LeanAsk =
  | { readonly kind: "register" }
  /** Keeps its registration alive (RFC 9176 §5.3.1). */
  | { readonly kind: "update" }
  /** Asks for anything, to hear whether the server is there. */
  | { readonly kind: "probe" }
  /** `token` comes back with the acknowledgement, where one is wanted. */
  | { readonly kind: "publish"; readonly path: string; readonly payload: string; readonly token?: number }
  | { readonly kind: "observe"; readonly observation: LeanObservation };

/** How devices of one fleet speak. */
export interface LeanManner {
  /** Path of the registration resource (RFC 9176 §5), `rd` by convention. */
  readonly directory: string;
  /** Parameters of the registration beside the name and the lifetime: `et=light`, `lwm2m=1.1`. */
  readonly parameters: readonly string[];
  /** What it registers, in link format (RFC 6690); may be empty. */
  readonly links: string;
  readonly keepAliveS: number;
  /** Time until the registration is answered after which it gives up; 10 s unless told otherwise. */
  readonly connectWithinMs?: number;
  /** Texts by path that the device itself answers with; only a device with a socket of its own can be asked. */
  readonly answers?: { readonly [path: string]: string };
}

const none: Buffer = Buffer.alloc(0);
/** RFC 9176 lets lifetimes begin at one second; shorter ones than this cost more than they tell. */
const leastLifetimeS = 60;

/** A request that waits or is under way, and how far it is. */
export class LeanExchange {
  readonly ask: LeanAsk;
  /** See lean-device-socket.ts; set for each transmission that is a new message. */
  number = 0;
  messageId = -1;
  bytes: Buffer = none;
  transmissions = 0;
  beganMs = 0;
  timeoutMs = 0;
  /** When it is sent again, or at last: one that has to wait has no message id yet. */
  againMs = 0;
  /** How often it was repeated with an Echo. */
  echoes = 0;
  /** The next block of its body. */
  block: Pick<Block, "number" | "szx"> = { number: 0, szx: greatestSzx };

  constructor(ask: LeanAsk) {
    this.ask = ask;
  }

  /** The body as far as this message carries it. */
  get part(): { readonly payload: Buffer; readonly options: readonly Option[] } {
    if (this.ask.kind !== "publish") return { payload: none, options: [] };
    const body = Buffer.from(this.ask.payload);
    const { number, szx } = this.block;
    const size = blockBytes(szx);
    if (body.length <= size && number === 0) return { payload: body, options: [] };
    const end = (number + 1) * size;
    const more = end < body.length;
    return {
      payload: body.subarray(number * size, end),
      options: [blockOption(optionNumber.block1, { number, more, szx })],
    };
  }

  /** Whether something follows the block that was just taken. */
  get hasMore(): boolean {
    const { number, szx } = this.block;
    return this.ask.kind === "publish" && (number + 1) * blockBytes(szx) < Buffer.byteLength(this.ask.payload);
  }

  /** Goes on behind the block that was taken, in the size that the server wants (RFC 7959 §2.5). */
  goOn(szx: number): void {
    const wanted = Math.min(szx, this.block.szx);
    const taken = (this.block.number + 1) * blockBytes(this.block.szx);
    this.block = { number: taken / blockBytes(wanted), szx: wanted };
  }
}

/** Whether such a payload takes several blocks. */
export function isLong(payload: string): boolean {
  return Buffer.byteLength(payload) > blockBytes(greatestSzx);
}

/** Code, options and payload of what is asked now. */
export function contentOf(
  exchange: LeanExchange,
  { endpoint, location, manner }: LeanSelf,
): { readonly code: number; readonly options: readonly Option[]; readonly payload: Buffer } {
  const { ask } = exchange;
  switch (ask.kind) {
    case "register": {
      const lifetimeS = Math.max(leastLifetimeS, 3 * manner.keepAliveS);
      const query = [`ep=${endpoint}`, `lt=${lifetimeS}`, ...manner.parameters];
      const options = [
        ...pathOptions(manner.directory),
        option(optionNumber.contentFormat, contentFormat.link),
        ...query.map((part) => option(optionNumber.uriQuery, part)),
      ];
      return { code: code.post, options, payload: Buffer.from(manner.links) };
    }
    case "update":
      return { code: code.post, options: locationOptions(location), payload: none };
    case "probe":
      return { code: code.get, options: [], payload: none };
    case "publish": {
      const { payload, options } = exchange.part;
      const format = option(optionNumber.contentFormat, contentFormat.json);
      return { code: code.put, options: [...pathOptions(ask.path), format, ...options], payload };
    }
    case "observe":
      return {
        code: code.get,
        options: [option(optionNumber.observe, 0), ...pathOptions(ask.observation.path)],
        payload: none,
      };
  }
}

/** A PUT that nobody waits for. */
export function nonPut(messageId: number, token: Buffer, path: string, payload: string): Buffer {
  return encode({
    type: messageType.non,
    code: code.put,
    messageId,
    token,
    options: [...pathOptions(path), option(optionNumber.contentFormat, contentFormat.json)],
    payload: Buffer.from(payload),
  });
}

/** Takes the registration back; sent once. */
export function deregistration(messageId: number, token: Buffer, location: string): Buffer {
  return encode({
    type: messageType.con,
    code: code.delete,
    messageId,
    token,
    options: locationOptions(location),
    payload: none,
  });
}

/** A location came as segments, so that nothing in it is a query. */
function locationOptions(location: string): readonly Option[] {
  return location.split("/").map((segment) => option(optionNumber.uriPath, segment));
}

/** Ends an observation (RFC 7641 §3.6); sent once. */
export function cancellation(messageId: number, token: Buffer, path: string): Buffer {
  return encode({
    type: messageType.non,
    code: code.get,
    messageId,
    token,
    options: [option(optionNumber.observe, 1), ...pathOptions(path)],
    payload: none,
  });
}
