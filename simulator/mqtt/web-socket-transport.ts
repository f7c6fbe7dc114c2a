import type { RawData } from "ws";
import { WebSocket } from "ws";
import type { LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { endsOf, giveUpWith, labSocket, watchEnding, whyNotOpened } from "./lab-socket.ts";
import type { Attach, Transport, TransportEvents, TransportOptions } from "./transport.ts";

/** A frame larger than this ends the connection. */
const maxFrameBytes = 4 * 1024 * 1024;

/** MQTT in binary WebSocket frames, subprotocol `mqtt` (MQTT 3.1.1 §6). Bytes are counted without their frames. */
export function openWebSocketTransport<E extends TransportEvents>(
  at: LabAddress,
  options: TransportOptions,
  attach: Attach<E>,
): Promise<E> {
  const { promise, resolve, reject } = Promise.withResolvers<E>();
  const socket = labSocket(at, options);
  const stopWaiting = giveUpWith(options.signal, socket);
  let events: E | undefined;
  let closing = false;
  let connected = false;
  socket.once("connect", () => {
    connected = true;
  });
  const web = new WebSocket(urlOf(at), ["mqtt"], {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    followRedirects: false,
    ...(at.serverName !== undefined && { headers: { host: `${at.serverName}:${at.port}` } }),
  });
  const transport: Transport = {
    write: (bytes) => {
      if (web.readyState === WebSocket.OPEN) web.send(bytes, { binary: true }, () => {});
    },
    close: () => {
      closing = true;
      web.close(1000);
    },
    destroy: () => {
      closing = true;
      web.terminate();
    },
  };
  web.on("open", () => {
    stopWaiting();
    try {
      events = attach(transport, endsOf(socket, at));
      resolve(events);
    } catch (cause) {
      socket.destroy();
      reject(cause);
    }
  });
  web.on("message", (data) => events?.onBytes(bytesOf(data)));
  web.on("unexpected-response", (request, response) => {
    reject(
      new Refused(`HTTP ${response.statusCode ?? 0}`, `the WebSocket upgrade was answered with ${response.statusCode}`),
    );
    request.destroy();
  });
  web.on("error", (cause) => {
    // A broken frame from the peer; where the socket itself failed it has said so already.
    if (events) events.onEnd({ how: "error", by: closing ? "us" : "them" });
    else reject(whyNotOpened(cause, at, connected));
  });
  watchEnding(
    socket,
    () => closing,
    (ending, cause) => {
      stopWaiting();
      if (events) events.onEnd(ending);
      else reject(cause ? whyNotOpened(cause, at, connected) : new Refused("closed", "closed before the upgrade"));
    },
  );
  return promise;
}

function urlOf({ scheme, host, port, path = "/mqtt" }: LabAddress): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
