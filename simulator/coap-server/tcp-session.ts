import { code, isRequest } from "../coap/code.ts";
import { roughTextsOf, uintField } from "../coap/fields.ts";
import { isCritical, option, optionNumber } from "../coap/option.ts";
import { unrecognizedCritical } from "../coap/option-rules.ts";
import type { CoapHandler, CoapResponse } from "../coap/serving.ts";
import {
  baseMessageBytes,
  encodeFrame,
  type Frame,
  FrameReader,
  isFrame,
  isSignal,
  signalCode,
  signalOption,
} from "../coap/tcp-framing.ts";
import type { Peer } from "../udp/datagram.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { answerFrame } from "./tcp-answer.ts";

/** What a session does to its connection, and whom it asks. */
export interface TcpWay {
  readonly peer: Peer;
  readonly handle: CoapHandler;
  readonly write: (bytes: Uint8Array) => void;
  /** Closes in order, when what was written is out. */
  readonly close: () => void;
  /** Told why the session was aborted. */
  readonly aborted: (why: string) => void;
}

/** CSM of this server: its longest message, and that it knows blocks. */
const ownCsm = [option(signalOption.csm.maxMessageSize, baseMessageBytes), option(signalOption.csm.blockWiseTransfer)];

/**
 * One connection of CoAP over TCP (RFC 8323). `strict` wants a CSM first, takes no message longer than it said, and aborts
 * at the first rule that is broken; `lenient` takes whatever can be read at all.
 */
export class TcpSession {
  readonly #way: TcpWay;
  readonly #isStrict: boolean;
  readonly #reader: FrameReader;
  #isIntroduced = false;
  #isOver = false;
  /** What the other side takes. */
  #longestBytes = baseMessageBytes;

  constructor(way: TcpWay, { tcpFraming }: Pick<DeviceServerKnobs, "tcpFraming">) {
    this.#way = way;
    this.#isStrict = tcpFraming === "strict";
    this.#reader = new FrameReader(this.#isStrict ? baseMessageBytes : 0);
    this.#send({ code: signalCode.csm, options: ownCsm });
  }

  /** Whether the CSM of the other side has come. */
  get isIntroduced(): boolean {
    return this.#isIntroduced;
  }

  /** Whether a message has begun that is not whole yet. */
  get isAmidMessage(): boolean {
    return this.#reader.heldBytes > 0;
  }

  /** How many whole messages these bytes completed. */
  hear(bytes: Uint8Array): number {
    const read = this.#isOver ? [] : this.#reader.feed(bytes);
    for (const each of read) {
      if (this.#isOver) break;
      if (!isFrame(each)) this.abort(each.because, each.flaw);
      else if (isSignal(each.code)) this.#signal(each);
      else this.#message(each);
    }
    return read.length;
  }

  /** Ends it with a word of why (RFC 8323 §5.6). */
  abort(says: string, why = says, badOption?: number): void {
    const options = badOption === undefined ? [] : [option(signalOption.abort.badCsmOption, badOption)];
    this.#send({ code: signalCode.abort, options, payload: Buffer.from(says) });
    this.#way.aborted(why);
    this.#end();
  }

  #signal(frame: Frame): void {
    const foreign = frame.options.find(({ number }) => isCritical(number));
    if (this.#isStrict && foreign !== undefined) return this.abort("unknown option", "critical-option", foreign.number);
    if (this.#isStrict && !this.#isIntroduced && frame.code !== signalCode.csm) return this.#abortWithoutCsm();
    if (frame.code === signalCode.csm) {
      this.#isIntroduced = true;
      this.#longestBytes = uintField(frame.options, signalOption.csm.maxMessageSize) ?? this.#longestBytes;
    }
    // Custody has been kept by then: requests are answered in the order in which they came.
    if (frame.code === signalCode.ping)
      this.#send({ code: signalCode.pong, token: frame.token, options: frame.options });
    if (frame.code === signalCode.release || frame.code === signalCode.abort) this.#end();
  }

  #message(frame: Frame): void {
    if (this.#isStrict && !this.#isIntroduced && frame.code !== code.empty) return this.#abortWithoutCsm();
    if (!isRequest(frame.code)) return;
    if (this.#isStrict && unrecognizedCritical(frame.options) !== undefined) {
      return this.#answer(frame, { code: code.badOption });
    }
    const answered = this.#way.handle({
      peer: this.#way.peer,
      code: frame.code,
      path: roughTextsOf(frame.options, optionNumber.uriPath),
      query: roughTextsOf(frame.options, optionNumber.uriQuery),
      options: frame.options,
      payload: Buffer.from(frame.payload),
      isMulticast: false,
      isAddressProven: true,
    });
    if (answered instanceof Promise) void answered.then((response) => this.#answer(frame, response));
    else this.#answer(frame, answered);
  }

  #answer(asked: Frame, response: CoapResponse | undefined): void {
    if (response !== undefined && !this.#isOver) this.#way.write(answerFrame(asked, response, this.#longestBytes));
  }

  #abortWithoutCsm(): void {
    this.abort("a CSM comes first", "no-csm");
  }

  #send({ token = none, options = [], payload = none, ...frame }: Partial<Frame> & Pick<Frame, "code">): void {
    if (!this.#isOver) this.#way.write(encodeFrame({ ...frame, token, options, payload }));
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#way.close();
  }
}

const none = Buffer.alloc(0);
