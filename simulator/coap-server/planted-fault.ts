import { code } from "../coap/code.ts";
import { blockField, observeField } from "../coap/fields.ts";
import { decode, isMessage, type Message } from "../coap/message.ts";
import { optionNumber } from "../coap/option.ts";
import { type DatagramPort, type Peer, peerKey } from "../udp/datagram.ts";

/** Endpoints whose last steps are remembered. */
const mostEndpoints = 10_000;

/**
 * The fault for a fuzzer to find: an observation is ended, and then a later block of what was observed is asked for, as
 * if the server still held what it has given back. Each of the three requests is ordinary:
 * GET with Observe 0, GET with Observe 1, GET with Block2 NUM 1 or more, of one path and from one endpoint, in this order.
 */
export class PlantedFault {
  /** For each endpoint the path that it watches, and how far it got. */
  readonly #steps = new Map<string, { readonly path: string; readonly isOver: boolean }>();

  /** True where this datagram is the last step. */
  sees(bytes: Buffer, from: Peer): boolean {
    const message = decode(bytes);
    if (!isMessage(message) || message.code !== code.get) return false;
    const endpoint = peerKey(from);
    const before = this.#steps.get(endpoint);
    const path = pathOf(message);
    const observe = observeField(message.options);
    if (observe === 0) this.#remember(endpoint, { path, isOver: false });
    if (observe === 1 && before?.path === path) this.#remember(endpoint, { path, isOver: true });
    const block = blockField(message.options, optionNumber.block2);
    return before?.isOver === true && before.path === path && block !== undefined && block.number > 0;
  }

  #remember(endpoint: string, step: { readonly path: string; readonly isOver: boolean }): void {
    this.#steps.delete(endpoint);
    this.#steps.set(endpoint, step);
    const [oldest] = this.#steps.keys();
    if (this.#steps.size > mostEndpoints && oldest !== undefined) this.#steps.delete(oldest);
  }
}

/** A port in front of a server that has the fault; the datagram that brings it about is not served any more. */
export function faultyPort(
  port: DatagramPort,
  fault: { sees(bytes: Buffer, from: Peer): boolean },
  struck: (from: Peer) => void,
): DatagramPort {
  return {
    local: port.local,
    send: (bytes, to) => port.send(bytes, to),
    hear: (listener) =>
      port.hear((bytes, from) => {
        if (fault.sees(bytes, from)) struck(from);
        else listener(bytes, from);
      }),
    close: () => port.close(),
  };
}

function pathOf({ options }: Message): string {
  const segments = options.filter(({ number }) => number === optionNumber.uriPath);
  return segments.map(({ value }) => value.toString("latin1")).join("/");
}
