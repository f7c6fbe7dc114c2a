import type { Bench } from "#contract/bench.ts";
import { connectDtls } from "../dtls/connect-dtls.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";

/** A way of a calling device to its server. */
export interface CallerLink {
  readonly port: DatagramPort;
  readonly to: Peer;
  /** Whether it is a DTLS session, which the server may have forgotten where it does not answer. */
  readonly isSession: boolean;
}

/** Who calls, and whom. */
export interface LinkOrder {
  readonly to: Peer;
  /** With what to prove who it is; undefined for CoAP without DTLS. */
  readonly secret: { readonly identity: string; readonly key: Uint8Array } | undefined;
}

const handshakeWithinMs = 4_000;

/** Opens links of one device, which may be one that always has the same port. */
export class CallerLinks {
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #knobs: Pick<DeviceServerKnobs, "callerPort" | "callerFallback" | "callerMatching">;
  #fixedPort = 0;

  constructor(
    bench: Pick<Bench, "clock" | "random">,
    knobs: Pick<DeviceServerKnobs, "callerPort" | "callerFallback" | "callerMatching">,
  ) {
    this.#bench = bench;
    this.#knobs = knobs;
  }

  /**
   * Throws a LabError where no socket can be opened, and any other error where the server could not prove itself.
   * @param signal ends a handshake that is under way.
   */
  async open({ to, secret }: LinkOrder, signal: AbortSignal): Promise<CallerLink> {
    const socket = await this.#socket();
    if (secret === undefined) return { port: socket, to, isSession: false };
    const { port, clear } = this.#knobs.callerMatching === "token-only" ? splitPort(socket) : { port: socket };
    try {
      const session = await connectDtls(
        port,
        { ...this.#bench, signal },
        { to, ...secret, withinMs: handshakeWithinMs },
      );
      return { port: clear === undefined ? session : joinedPort(session, clear), to, isSession: true };
    } catch (cause) {
      if (this.#knobs.callerFallback === "never" || signal.aborted) throw cause;
      // RFC 7252 §6.2: coap and coaps are two servers, whoever listens at the port below.
      return { port: await this.#socket(), to: { host: to.host, port: to.port - 1 }, isSession: false };
    }
  }

  async #socket(): Promise<DatagramPort> {
    const socket = await openUdpPort({ host: "127.0.0.1", port: this.#fixedPort });
    if (this.#knobs.callerPort === "fixed") this.#fixedPort = socket.local.port;
    return socket;
  }
}

type Listener = (bytes: Buffer, from: Peer) => void;

const deaf: Listener = () => {};

/** Takes what looks like CoAP out of the datagrams that belong to DTLS; records of DTLS begin with two bits of zero. */
function splitPort(socket: DatagramPort): { readonly port: DatagramPort; readonly clear: (to: Listener) => void } {
  let toClear = deaf;
  const port: DatagramPort = {
    local: socket.local,
    send: (bytes, to) => socket.send(bytes, to),
    hear: (listener) =>
      socket.hear((bytes, from) => ((bytes[0] ?? 0) >> 6 === 1 ? toClear(bytes, from) : listener(bytes, from))),
    close: () => socket.close(),
  };
  return {
    port,
    clear: (to) => {
      toClear = to;
    },
  };
}

/** A session that also takes what came past it, as if RFC 7252 §9.1.2 did not forbid it. */
function joinedPort(session: DatagramPort, clear: (to: Listener) => void): DatagramPort {
  return {
    local: session.local,
    send: (bytes, to) => session.send(bytes, to),
    hear(listener) {
      session.hear(listener);
      clear(listener);
    },
    close: () => session.close(),
  };
}
