import type { Socket } from "node:net";
import type { BrokerPulse } from "../broker/broker-pulse.ts";
import { type Listener, listen } from "../broker/listener.ts";
import type { CoapHandler } from "../coap/serving.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { MessageTraffic, ServerLog } from "./server-log.ts";
import { tcpPatience } from "./tcp-patience.ts";
import { TcpSession } from "./tcp-session.ts";

/** Where a server is reached by CoAP over TCP. */
export interface TcpServing extends AsyncDisposable {
  readonly port: number;
  freeze(): void;
  goOn(): void;
}

/** Connections that a strict server allows at once. */
const mostConnections = 64;

/** What connections need of the server. */
export interface TcpParts {
  readonly pulse: BrokerPulse;
  readonly log: ServerLog;
  readonly traffic: MessageTraffic;
  readonly handle: CoapHandler;
}

/**
 * Listens for CoAP over TCP on 127.0.0.1.
 * @param port 0 for any free one.
 * @throws LabError E_PORT_TAKEN where another program has it.
 */
export async function serveTcp(
  port: number,
  rules: Pick<DeviceServerKnobs, "tcpFraming">,
  parts: TcpParts,
): Promise<TcpServing> {
  const { pulse, log } = parts;
  const sockets = new Set<Socket>();
  const isStrict = rules.tcpFraming === "strict";

  const accept = (socket: Socket) => {
    const source = socket.remoteAddress ?? "";
    socket.on("error", () => socket.destroy());
    if (isStrict && sockets.size >= mostConnections) {
      log.tell("tcp-refused", "max-connections", source);
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    pulse.act(() => void (socket.destroyed || begin(socket, rules, parts)));
  };

  const listener: Listener = await listen(port, accept);
  return {
    port: listener.port,
    freeze() {
      for (const socket of sockets) socket.pause();
    },
    goOn() {
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      const closed = listener[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function begin(
  socket: Socket,
  rules: Pick<DeviceServerKnobs, "tcpFraming">,
  { pulse, log, traffic, handle }: TcpParts,
): void {
  const peer = { host: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
  const session = new TcpSession(
    {
      peer,
      handle,
      write(bytes) {
        traffic.sent += 1;
        pulse.act(() => void (socket.destroyed || socket.write(bytes)));
      },
      close: () => pulse.act(() => void socket.end(() => socket.destroy())),
      aborted: (why) => log.tell("tcp-aborted", why, peer.host),
    },
    rules,
  );
  const patience = rules.tcpFraming === "strict" ? tcpPatience(session, pulse) : undefined;
  socket.on("data", (bytes: Buffer) =>
    pulse.act(() => {
      const whole = session.hear(bytes);
      traffic.received += whole;
      patience?.heard(whole > 0);
    }),
  );
  socket.on("end", () => socket.destroy());
  socket.once("close", () => patience?.over());
  socket.resume();
}
