import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { code } from "#simulator/coap/code.ts";
import { type Message, messageType } from "#simulator/coap/message.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { type Probe, probeOver, type Question } from "#simulator/coap/probe.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import { recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";

const handshakeWithinMs = 3_000;

/** A probe of somebody who may do what it asks, and what an eavesdropper beside it would have. */
export interface RightfulProbe extends AsyncDisposable {
  readonly probe: Probe;
  /** Whether it speaks DTLS. */
  readonly isSecure: boolean;
  /** Where its datagrams go. */
  readonly at: LabAddress;
  /** Every datagram that it has sent, as it was on the wire. */
  readonly sent: readonly Buffer[];
  /** Sends a datagram from its very socket, as somebody would who forges its address. */
  forge(datagram: Uint8Array): void;
}

export interface RightfulOptions {
  /** Go without DTLS, whatever there is. */
  readonly plain?: boolean;
  /** Send to this peer, which leads to the target. */
  readonly via?: Peer;
  /** Local address. */
  readonly host?: string;
}

/** Whether {@link openRightful} goes by DTLS. */
export function goesSecurely(ground: Pick<Ground, "at" | "listeners">, as: Identity | undefined): boolean {
  return secureAt(ground) !== undefined && as?.password !== undefined;
}

/**
 * Opens a socket for somebody with rights: by DTLS where the target has that and the identity a key, plain otherwise.
 * Throws Refused where the handshake is refused, Error where it gets no answer.
 */
export async function openRightful(
  bench: Bench,
  ground: Pick<Ground, "at" | "listeners">,
  as: Identity | undefined,
  { plain = false, via, host }: RightfulOptions = {},
): Promise<RightfulProbe> {
  const secure = plain || as?.password === undefined ? undefined : secureAt(ground);
  const at = secure ?? ground.at;
  const to = via ?? { host: at.host, port: at.port };
  const { port, sent } = tapped(
    recordedPort(await openUdpPort({ host: host ?? hostTowards(to), port: 0 }), bench.wire),
  );
  const rest = { isSecure: secure !== undefined, at, sent, forge: (bytes: Uint8Array) => port.send(bytes, to) };
  if (secure === undefined || as?.password === undefined) {
    const probe = probeOver(bench, port, to, port.reference(to));
    return { ...rest, probe, [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose]() };
  }
  const session = await connectDtls(port, bench, {
    to,
    identity: as.username ?? as.clientId,
    key: Buffer.from(as.password),
    withinMs: handshakeWithinMs,
  });
  const probe = probeOver(bench, over(session), to, port.reference(to));
  return { ...rest, probe, [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose]() };
}

/**
 * Asks as a well-behaved client does: once more where nothing came, and with Echo where a 4.01 asks for it (RFC 9175).
 * Resolves with the last answer, undefined where none came, and the message that it answers.
 */
export async function askRightly(
  probe: Probe,
  question: Question,
  withinMs: number,
): Promise<{ readonly asked: Message; readonly answer: Message | undefined }> {
  const first = probe.message(question);
  const answer = (await exchange(probe, first, withinMs)) ?? (await exchange(probe, first, withinMs));
  const echo = answer?.options.find(({ number }) => number === optionNumber.echo);
  if (answer?.code !== code.unauthorized || echo === undefined) return { asked: first, answer };
  const options = [...(question.options ?? []), option(optionNumber.echo, echo.value)];
  const asked = probe.message({ ...question, options });
  return { asked, answer: await exchange(probe, asked, withinMs) };
}

/** Sends this very message, and waits for what answers it; a RST is an answer, too. */
export function exchange(probe: Probe, message: Message, withinMs: number): Promise<Message | undefined> {
  const { token, messageId, type, options, payload, code: asked } = message;
  const kind = type === messageType.non ? messageType.non : messageType.con;
  return probe.ask({ code: asked, options, payload, type: kind, token, messageId }, withinMs);
}

function secureAt({ at, listeners }: Pick<Ground, "at" | "listeners">): LabAddress | undefined {
  return [at, ...listeners].find(({ scheme }) => scheme === "coaps");
}

function tapped<P extends DatagramPort>(port: P): { readonly port: P; readonly sent: readonly Buffer[] } {
  const sent: Buffer[] = [];
  const send = (bytes: Uint8Array, to: Peer) => {
    sent.push(Buffer.from(bytes));
    port.send(bytes, to);
  };
  return { port: { ...port, send }, sent };
}

/** A session as a port that a probe may add to. */
function over(session: DatagramPort): DatagramPort {
  return {
    local: session.local,
    send: (bytes, to) => session.send(bytes, to),
    hear: (listener) => session.hear(listener),
    close: () => session.close(),
  };
}

function hostTowards({ host }: Peer): string {
  if (host.includes(":")) return "::1";
  return host.startsWith("127.") ? "127.0.0.1" : "0.0.0.0";
}
