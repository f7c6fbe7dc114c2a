import type { LabAddress } from "#contract/bench.ts";
import { openTcpTransport } from "./tcp-transport.ts";
import type { Attach, TransportEvents, TransportOptions } from "./transport.ts";
import { openWebSocketTransport } from "./web-socket-transport.ts";

/**
 * Opens the transport that the scheme names. `refused` where the peer was heard to say no on the way (TLS alert, HTTP
 * status, connection closed); any other error means that nobody knows.
 */
export function openTransport<E extends TransportEvents>(
  at: LabAddress,
  options: TransportOptions,
  attach: Attach<E>,
): Promise<E> {
  const webSocket = at.scheme === "ws" || at.scheme === "wss";
  return webSocket ? openWebSocketTransport(at, options, attach) : openTcpTransport(at, options, attach);
}
