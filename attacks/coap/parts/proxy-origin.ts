import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { code, isRequest } from "#simulator/coap/code.ts";
import { decode, encode, isMessage, type Message, messageType } from "#simulator/coap/message.ts";
import { type Option, optionNumber } from "#simulator/coap/option.ts";
import type { Peer } from "#simulator/udp/datagram.ts";
import { recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { ownHost } from "./proxy-own-host.ts";

/** A server of the attacker's, to which a proxy (or a device) may be led. */
export interface Origin extends AsyncDisposable {
  readonly local: Peer;
  /** Requests that came in, in order; one that was sent again counts once. */
  readonly requests: readonly Message[];
  /** Datagrams that came in, whatever they are. */
  readonly datagrams: number;
  /** Where what came from that peer lies. */
  reference(from: Peer): WireReference;
}

/** What the origin answers; undefined for nothing. @param n how many requests came before. */
export type OriginAnswer = (
  request: Message,
  n: number,
) => { readonly payload: string; readonly options?: readonly Option[] } | undefined;

/** Opens it where the target can reach it. @param host literal address to bind instead. */
export async function openOrigin(
  bench: Bench,
  at: Pick<LabAddress, "host" | "port">,
  answer: OriginAnswer,
  host?: string,
): Promise<Origin> {
  const port = recordedPort(await openUdpPort({ host: host ?? (await ownHost(at)), port: 0 }), bench.wire);
  const requests: Message[] = [];
  const seen = new Set<string>();
  let datagrams = 0;
  port.hear((bytes, from) => {
    datagrams += 1;
    const message = decode(bytes);
    if (!isMessage(message) || !isRequest(message.code)) return;
    const { type, messageId, token } = message;
    const isCon = type === messageType.con;
    const key = `${from.host}:${from.port}:${messageId}`;
    if (seen.has(key)) return;
    seen.add(key);
    requests.push(message);
    const content = answer(message, requests.length - 1);
    if (content === undefined) return;
    const { payload, options = [] } = content;
    const reply = { code: code.content, messageId, token, options, payload: Buffer.from(payload) };
    port.send(encode({ ...reply, type: isCon ? messageType.ack : messageType.non }), from);
  });
  return {
    local: port.local,
    requests,
    get datagrams() {
      return datagrams;
    },
    reference: (from) => port.reference(from),
    [Symbol.asyncDispose]: () => port.close(),
  };
}

/** The path of a request, as it would stand in a URI. */
export function pathOf({ options }: Message): string {
  return options
    .filter(({ number }) => number === optionNumber.uriPath)
    .map(({ value }) => value.toString())
    .join("/");
}
