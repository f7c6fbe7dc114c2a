import type { LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { endsOf, giveUpWith, labSocket, readyEvent, watchEnding, whyNotOpened } from "./lab-socket.ts";
import type { Attach, Transport, TransportEvents, TransportOptions } from "./transport.ts";

/** MQTT over TCP or TLS. */
export function openTcpTransport<E extends TransportEvents>(
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
  const transport: Transport = {
    write: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    close: () => {
      closing = true;
      socket.end();
    },
    destroy: () => {
      closing = true;
      socket.destroy();
    },
  };
  socket.once(readyEvent(at), () => {
    stopWaiting();
    try {
      events = attach(transport, endsOf(socket, at));
      resolve(events);
    } catch (cause) {
      socket.destroy();
      reject(cause);
    }
  });
  socket.on("data", (bytes) => events?.onBytes(bytes));
  watchEnding(
    socket,
    () => closing,
    (ending, cause) => {
      stopWaiting();
      if (events) events.onEnd(ending);
      else reject(cause ? whyNotOpened(cause, at, connected) : new Refused("closed", "closed before TLS was up"));
    },
  );
  return promise;
}
