import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  type SecureContext,
} from "node:tls";
import type { LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { openTransport } from "./open-transport.ts";
import type { Transport } from "./transport.ts";

/** Carries the bytes of a lean session. What is written before it is open is sent then. */
export interface Pipe {
  write(bytes: Uint8Array): unknown;
  /** Ends in good order once everything is written. */
  destroySoon(): void;
  destroy(): void;
  /** Bytes that wait because the peer does not read. */
  readonly writableLength: number;
}

/** Who hears what arrives. `onBytes` gets a view that only lives during the call; `onEnd` comes once. */
export interface PipeEvents {
  onBytes(bytes: Buffer): void;
  onEnd(cause?: Error): void;
}

/**
 * Reads of all sockets land here and are consumed before the next one: thousands of idle sessions need no buffer each.
 * Windows fills buffers before it reports them, so there each socket keeps its own.
 */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024);
const sharesReads = process.platform !== "win32";

/** Begins a connection to `at`; never throws. TLS is verified where a name or an authority was given. */
export function openPipe(at: LabAddress, certificate: Identity["certificate"], events: PipeEvents): Pipe {
  if (at.scheme === "ws" || at.scheme === "wss") return webSocketPipe(at, certificate, events);
  return socketPipe(at, certificate, events);
}

function socketPipe(at: LabAddress, certificate: Identity["certificate"], events: PipeEvents): Socket {
  const onread = {
    buffer: sharedBuffer,
    callback: (size: number, buffer: Uint8Array) => {
      events.onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, size));
      return true;
    },
  };
  const where = { host: at.host, port: at.port, noDelay: true, ...(sharesReads && { onread }) };
  const socket = at.scheme === "mqtts" ? connectTls({ ...where, ...trustOf(at, certificate) }) : connectTcp(where);
  if (!sharesReads) socket.on("data", (bytes: Buffer) => events.onBytes(bytes));
  let cause: Error | undefined;
  socket.on("error", (error) => {
    cause = error;
  });
  socket.on("close", () => events.onEnd(cause));
  return socket;
}

/** What TLS needs besides a device's own certificate is the same for all, and costs more than the session. */
const contexts = new WeakMap<LabAddress, SecureContext>();

function contextFor(at: LabAddress): SecureContext {
  const known = contexts.get(at) ?? createSecureContext({ ...(at.ca !== undefined && { ca: at.ca }) });
  contexts.set(at, known);
  return known;
}

function trustOf(at: LabAddress, certificate: Identity["certificate"]): ConnectionOptions {
  const { ca, serverName } = at;
  const named = serverName !== undefined && isIP(serverName) === 0;
  return {
    rejectUnauthorized: ca !== undefined || named,
    ...(certificate ? { ...certificate, ...(ca !== undefined && { ca }) } : { secureContext: contextFor(at) }),
    // RFC 6066 §3 allows no literal address as SNI; it is compared with the certificate all the same.
    ...(named && { servername: serverName }),
    ...(serverName !== undefined && { checkServerIdentity: (_, cert) => checkServerIdentity(serverName, cert) }),
  };
}

/** WebSockets go the way of the recorded client: there a session costs what a WebSocket costs. */
function webSocketPipe(at: LabAddress, certificate: Identity["certificate"], events: PipeEvents): Pipe {
  const opening = new AbortController();
  const early: Uint8Array[] = [];
  let transport: Transport | undefined;
  let over = false;
  const end = (cause?: Error) => {
    if (over) return;
    over = true;
    events.onEnd(cause);
  };
  const close = (how: "close" | "destroy") => {
    if (transport === undefined) opening.abort();
    else transport[how]();
  };
  openTransport(at, { signal: opening.signal, ...(certificate && { certificate }) }, (opened) => {
    transport = opened;
    for (const bytes of early) opened.write(bytes);
    return {
      onBytes: (bytes) => events.onBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      onEnd: () => end(),
    };
  }).catch((cause: unknown) => end(cause instanceof Error ? cause : new Error(String(cause))));
  return {
    writableLength: 0,
    write: (bytes) => (transport === undefined ? early.push(bytes) : transport.write(bytes)),
    destroySoon: () => close("close"),
    destroy: () => close("destroy"),
  };
}
