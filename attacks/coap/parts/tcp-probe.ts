import { connect, type Socket } from "node:net";
import type { Bench, LabAddress, WireStream } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { isResponse } from "#simulator/coap/code.ts";
import { option, pathOptions, uintOf } from "#simulator/coap/option.ts";
import {
  encodeFrame,
  type Frame,
  type FrameFlaw,
  FrameReader,
  isFrame,
  signalCode,
  signalOption,
} from "#simulator/coap/tcp-framing.ts";

const connectWithinMs = 2_000;

/** A TCP connection of an attack: it sends whatever it is told to, and keeps what comes back. Nothing is answered by itself. */
export interface TcpProbe extends AsyncDisposable {
  readonly reference: WireReference;
  readonly heard: readonly (Frame | FrameFlaw)[];
  /** How the server ended it; undefined while it is open. */
  readonly ending: "closed" | "reset" | undefined;
  send(bytes: Uint8Array | Frame): void;
  /** Resolves as soon as `holds`, which is asked again whenever something came or the connection ended; false when time is over. */
  until(holds: () => boolean, withinMs: number): Promise<boolean>;
}

/** Connects, without a word. Throws where nobody takes the connection in time. @param from local address */
export async function openTcpProbe(
  bench: Bench,
  at: LabAddress,
  from: { readonly host?: string } = {},
): Promise<TcpProbe> {
  const socket = connect({ host: at.host, port: at.port, ...(from.host !== undefined && { localAddress: from.host }) });
  socket.on("error", () => {});
  const over = new AbortController();
  const opened = new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
  const late = bench.clock.sleep(connectWithinMs, AbortSignal.any([bench.signal, over.signal])).then(() => false);
  const isOpen = await Promise.race([opened, late]);
  over.abort();
  if (!isOpen) {
    socket.destroy();
    throw new Error(`nobody took a TCP connection at ${at.host}:${at.port}`);
  }
  return new SocketTcpProbe(bench, socket, at);
}

class SocketTcpProbe implements TcpProbe {
  readonly heard: (Frame | FrameFlaw)[] = [];
  ending: "closed" | "reset" | undefined;
  readonly #bench: Bench;
  readonly #socket: Socket;
  readonly #stream: WireStream;
  readonly #waiting = new Set<() => void>();
  #isOurs = false;

  constructor(bench: Bench, socket: Socket, at: LabAddress) {
    this.#bench = bench;
    this.#socket = socket;
    const local = { host: socket.localAddress ?? at.host, port: socket.localPort ?? 0 };
    this.#stream = bench.wire.open({ local, remote: { host: at.host, port: at.port } });
    const reader = new FrameReader(0);
    socket.on("data", (bytes: Buffer) => {
      this.#stream.received(bytes);
      this.heard.push(...reader.feed(bytes));
      this.#look();
    });
    socket.on("end", () => this.#ended("closed"));
    socket.on("error", () => this.#ended("reset"));
    socket.on("close", () => this.#ended("closed"));
  }

  get reference(): WireReference {
    return this.#stream.reference;
  }

  send(bytes: Uint8Array | Frame): void {
    if (this.ending !== undefined) return;
    const raw = bytes instanceof Uint8Array ? bytes : encodeFrame(bytes);
    this.#stream.sent(raw);
    this.#socket.write(raw);
  }

  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => void (holds() && resolve(true));
    this.#waiting.add(look);
    look();
    const { clock, signal } = this.#bench;
    const late = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => false);
    const found = await Promise.race([promise, late]);
    this.#waiting.delete(look);
    over.abort();
    return found;
  }

  #ended(how: "closed" | "reset"): void {
    if (this.ending !== undefined || this.#isOurs) return;
    this.ending = how;
    this.#stream.closed(how === "reset" ? "reset" : "fin", "them");
    this.#look();
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ending === undefined) this.#stream.closed("fin", "us");
    this.#isOurs = true;
    this.#socket.destroy();
  }
}

/** Capabilities and Settings, the first message of either side (RFC 8323 §5.3), with no option. */
export const plainCsm: Frame = { code: signalCode.csm, token: Buffer.alloc(0), options: [], payload: Buffer.alloc(0) };

/** A request as a frame. */
export function requestFrame(method: number, path: string, token: string, payload = ""): Frame {
  return { code: method, token: Buffer.from(token), options: pathOptions(path), payload: Buffer.from(payload) };
}

/** The response that repeats this token; undefined where none has come so far. */
export function responseIn({ heard }: TcpProbe, token: string): Frame | undefined {
  return heard
    .filter(isFrame)
    .find((frame) => isResponse(frame.code) && Buffer.from(frame.token).equals(Buffer.from(token)));
}

/** Whether the server has ended the connection, by closing it or by saying Abort (RFC 8323 §5.6). */
export function hasEnded({ heard, ending }: TcpProbe): boolean {
  return ending !== undefined || heard.some((each) => isFrame(each) && each.code === signalCode.abort);
}

/** The longest message that the server says it takes (RFC 8323 §5.3.1); undefined where it has not said. */
export function announcedBytes({ heard }: TcpProbe): number | undefined {
  const csm = heard.filter(isFrame).find((frame) => frame.code === signalCode.csm);
  const size = csm?.options.find(({ number }) => number === signalOption.csm.maxMessageSize);
  return size === undefined ? undefined : uintOf(size.value);
}

/** Asks, and waits for the response; undefined where none came in time. */
export async function askByTcp(
  probe: TcpProbe,
  frame: { readonly method: number; readonly path: string; readonly token: string; readonly payload?: string },
  withinMs: number,
): Promise<Frame | undefined> {
  const { method, path, token, payload = "" } = frame;
  probe.send(requestFrame(method, path, token, payload));
  await probe.until(() => responseIn(probe, token) !== undefined || hasEnded(probe), withinMs);
  return responseIn(probe, token);
}

/** An option of a CSM that nobody knows and nobody may ignore. */
export const criticalCsmOption = option(0x4d, "?");
