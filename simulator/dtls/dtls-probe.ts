import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import type { Probe } from "../coap/probe.ts";
import type { Peer } from "../udp/datagram.ts";
import { recordedPort } from "../udp/recorded-port.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import type { Alert } from "./alert.ts";
import type { ClientHello } from "./client-hello.ts";
import type { ClientSession } from "./client-session.ts";
import { connectSession, type DtlsClientOptions } from "./connect-dtls.ts";
import { type HeardPart, partsOf } from "./heard-part.ts";
import { type HelloNumbers, helloDatagrams } from "./raw-hello.ts";
import { contentType, type RecordHeader, writeRecord } from "./record.ts";
import type { ServerHello } from "./server-hello.ts";

/** How far a handshake got that was stopped before ClientKeyExchange. */
export interface HalfHandshake {
  /** The cookie that was asked for; undefined where the server went on without. */
  readonly cookie?: Buffer;
  readonly serverHello?: ServerHello;
  /** Hint of the ServerKeyExchange, where there was one. */
  readonly hint?: string;
  /** The alert that ended it. */
  readonly alert?: Alert;
}

/** Sends a hello through a probe of simulator/coap/probe.ts, in as many datagrams as `numbers` want. */
export function sendHello(probe: Probe, hello: ClientHello, numbers?: HelloNumbers): void {
  for (const datagram of helloDatagrams(hello, numbers)) probe.send(datagram);
}

/**
 * The first part of one of these kinds that the server sends, in datagrams from number `since` of the probe's on; the
 * whole number of what it sends is in `probe.heard`. Undefined when none came in time.
 */
export async function hearPart<K extends HeardPart["kind"]>(
  probe: Probe,
  withinMs: number,
  kinds: readonly K[],
  since = 0,
): Promise<Extract<HeardPart, { readonly kind: K }> | undefined> {
  const isOf = (part: HeardPart): part is Extract<HeardPart, { readonly kind: K }> =>
    kinds.some((kind) => kind === part.kind);
  const { at } = probe;
  const heard = await probe.hear(
    withinMs,
    ({ bytes, from }) => from.host === at.host && from.port === at.port && partsOf(bytes).some(isOf),
    since,
  );
  return heard && partsOf(heard.bytes).find(isOf);
}

/**
 * Sends a hello, brings the cookie when asked for one, and stops where the server waits for ClientKeyExchange: a
 * handshake half open. Nothing is sent again, so on a link that loses datagrams it may get less far.
 * @param withinMs for each answer of the server.
 */
export async function halfHandshake(probe: Probe, hello: ClientHello, withinMs: number): Promise<HalfHandshake> {
  const since = probe.heard.length;
  sendHello(probe, hello);
  const first = await hearPart(probe, withinMs, ["hello-verify", "server-hello", "alert"], since);
  if (first?.kind === "alert") return { alert: first.alert };
  if (first?.kind !== "hello-verify") return await restOfFlight(probe, since, withinMs);
  const { cookie, sequence } = first;
  const again = probe.heard.length;
  sendHello(probe, { ...hello, cookie }, { message: sequence + 1 });
  return { cookie, ...(await restOfFlight(probe, again, withinMs)) };
}

/** What the server says up to ServerHelloDone. */
async function restOfFlight(probe: Probe, since: number, withinMs: number): Promise<HalfHandshake> {
  const end = await hearPart(probe, withinMs, ["server-hello-done", "alert"], since);
  if (end?.kind === "alert") return { alert: end.alert };
  const parts = probe.heard.slice(since).flatMap(({ bytes }) => partsOf(bytes));
  const hello = parts.find((part) => part.kind === "server-hello");
  const exchange = parts.find((part) => part.kind === "server-key-exchange");
  return {
    ...(hello && { serverHello: hello.hello }),
    ...(exchange && { hint: exchange.hint }),
  };
}

/** What a record of a {@link RawSession} is to look like; what is not given is as an honest one's. */
export interface RecordWish {
  /** Application data unless told otherwise; see `contentType`. */
  readonly type?: number;
  readonly epoch?: number;
  /** Without it the session's next number is used up. */
  readonly sequence?: number;
  readonly version?: number;
}

/**
 * An established session of an attack: `session` is an honest one, and beside it goes whatever the attack makes itself.
 * Disposing ends the session with close_notify.
 */
export interface RawSession extends AsyncDisposable {
  /** As a port: use `probeOver(bench, raw.session, raw.session.peer, raw.reference)` to speak CoAP through it. */
  readonly session: ClientSession;
  /** Where the records lie. */
  readonly reference: WireReference;
  /** Every datagram that came in, still protected, the handshake's too. */
  readonly heard: readonly Buffer[];
  /** What the server said in the session that is no application data: alerts, and messages of a renegotiation. */
  readonly inside: readonly { readonly type: number; readonly content: Buffer }[];
  /** A record protected with the session's keys. Of another epoch it is one that no honest client could have sent. */
  sealed(content: Uint8Array, wish?: RecordWish): Buffer;
  /** A record in clear, of epoch 0 and number 0 unless told otherwise. */
  clear(content: Uint8Array, wish?: RecordWish): Buffer;
  /** Sends a datagram from the session's own address as it is: a record once more, one with a bit flipped, one in clear. */
  inject(datagram: Uint8Array): void;
}

/** Opens a session whose records an attack can make itself. Throws like `connectDtls`. @param from local address. */
export async function openRawSession(
  bench: Bench,
  at: LabAddress | Peer,
  options: Omit<DtlsClientOptions, "to">,
  from: { readonly host?: string; readonly port?: number } = {},
): Promise<RawSession> {
  const host = from.host ?? (at.host.includes(":") ? "::1" : at.host.startsWith("127.") ? "127.0.0.1" : "0.0.0.0");
  const port = recordedPort(await openUdpPort({ host, port: from.port ?? 0 }), bench.wire);
  const to: Peer = { host: at.host, port: at.port };
  const heard: Buffer[] = [];
  const inside: { readonly type: number; readonly content: Buffer }[] = [];
  const tapped = {
    ...port,
    hear: (listener: (bytes: Buffer, peer: Peer) => void) =>
      port.hear((bytes, peer) => {
        heard.push(bytes);
        listener(bytes, peer);
      }),
  };
  const session = await connectSession(tapped, bench, { ...options, to });
  session.watch = (type, content) => void inside.push({ type, content });
  return {
    session,
    reference: port.reference(to),
    heard,
    inside,
    sealed(content, wish = {}) {
      const { write } = session;
      const sequence = wish.sequence ?? write.nextSequence++;
      return write.writeAs(headerOf(wish, { version: session.version, epoch: write.epoch, sequence }), content);
    },
    clear: (content, wish = {}) =>
      writeRecord(headerOf(wish, { version: session.version, epoch: 0, sequence: 0 }), content),
    inject: (datagram) => port.send(datagram, to),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

function headerOf(wish: RecordWish, honest: Omit<RecordHeader, "type">): RecordHeader {
  return { type: contentType.applicationData, ...honest, ...wish };
}

/** A copy of a datagram with one bit turned; bits beyond its end begin again at its beginning. */
export function withBitFlipped(datagram: Uint8Array, bit: number): Buffer {
  const flipped = Buffer.from(datagram);
  const at = Math.floor(bit / 8) % flipped.length;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}
