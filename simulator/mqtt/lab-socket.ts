import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { LabAddress } from "#contract/bench.ts";
import { LabError, Refused } from "#contract/errors.ts";
import type { Ending, Ends, TransportOptions } from "./transport.ts";

/** Begins a TCP connection, with TLS where the scheme says so. */
export function labSocket(at: LabAddress, { from, certificate }: TransportOptions): Socket {
  const where = { host: at.host, port: at.port, ...(from !== undefined && { localAddress: from }) };
  const socket = isSecure(at) ? connectTls({ ...where, ...certificate, ...trustOf(at) }) : connectTcp(where);
  socket.setNoDelay(true);
  // Without a listener an error would end the process.
  socket.on("error", () => {});
  return socket;
}

/** Destroys the socket when the signal aborts, until the function that it returns is called. */
export function giveUpWith(signal: AbortSignal, socket: Socket): () => void {
  const giveUp = () => socket.destroy(new Error("gave up waiting for the connection"));
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return () => signal.removeEventListener("abort", giveUp);
}

/** The event after which both sides can talk. */
export function readyEvent(at: LabAddress): "secureConnect" | "connect" {
  return isSecure(at) ? "secureConnect" : "connect";
}

function isSecure({ scheme }: LabAddress): boolean {
  return scheme === "mqtts" || scheme === "wss";
}

/** Verifies the server as far as the user said what to verify; an attacker without that knowledge takes any certificate. */
function trustOf({ ca, serverName }: LabAddress) {
  return {
    rejectUnauthorized: ca !== undefined || serverName !== undefined,
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

/** Both ends of a connected socket. */
export function endsOf(socket: Socket, at: LabAddress): Ends {
  return {
    local: { host: socket.localAddress ?? "0.0.0.0", port: socket.localPort ?? 0 },
    remote: { host: at.host, port: at.port },
  };
}

/**
 * Calls `onEnd` once, when the socket has ended, and tells an orderly end from a reset.
 * @param weClose whether we have begun to end it.
 */
export function watchEnding(
  socket: Socket,
  weClose: () => boolean,
  onEnd: (ending: Ending, cause?: Error) => void,
): void {
  let over = false;
  const end = (ending: Ending, cause?: Error) => {
    if (over) return;
    over = true;
    onEnd(ending, cause);
  };
  socket.on("end", () => end({ how: "fin", by: weClose() ? "us" : "them" }));
  socket.on("error", (cause) => end(endingBy(cause, weClose()), cause));
  socket.on("close", () => end({ how: "fin", by: "us" }));
}

function endingBy(cause: Error, weClosed: boolean): Ending {
  if (weClosed) return { how: "reset", by: "us" };
  const code = codeOf(cause);
  if (code === "ECONNRESET" || code === "EPIPE") return { how: "reset", by: "them" };
  return { how: "error", by: "them" };
}

/** Why a connection did not come to be: a refusal that was heard, a limit of this machine, or something unknown. */
export function whyNotOpened(cause: Error, at: LabAddress, connected: boolean): Error {
  const code = codeOf(cause);
  const where = `${at.scheme}://${at.host}:${at.port}`;
  if (code === "EMFILE" || code === "ENFILE") {
    return new LabError(
      "E_LIMIT",
      `no more sockets while connecting to ${where}`,
      "Raise the limit: ulimit -n 65536.",
      {
        cause,
      },
    );
  }
  if (code.includes("_ALERT_")) return new Refused("tls-alert", `${where}: ${cause.message}`, { cause });
  const closed = code === "ECONNRESET" || code === "EPIPE";
  if (connected && closed) return new Refused("closed", `${where} closed the connection at once`, { cause });
  return new Error(`${where}: ${cause.message}`, { cause });
}

export function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
}
