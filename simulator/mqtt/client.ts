/*
 * The recorded client of attacks. What it builds on: connection.ts (bytes and packets), session.ts (after CONNACK),
 * open-transport.ts (TCP, TLS, WebSocket).
 */
import { generate, type IConnectPacket } from "mqtt-packet";
import type { Bench, LabAddress, Trace } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import { Connection } from "./connection.ts";
import { codeOf } from "./lab-socket.ts";
import { openTransport } from "./open-transport.ts";
import { type Connack, Session } from "./session.ts";

/** Who connects, and with which CONNECT. */
export interface ConnectAs extends Identity {
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0; 4 unless told otherwise. */
  readonly level?: 3 | 4 | 5;
  /** True unless told otherwise. */
  readonly clean?: boolean;
  readonly keepAliveS?: number;
  readonly will?: {
    readonly topic: string;
    readonly payload: string;
    readonly qos?: 0 | 1 | 2;
    readonly retain?: boolean;
  };
}

export interface DialOptions {
  /** Local address to connect from, see {@link attackerSource}. */
  readonly from?: string | undefined;
  /** For TCP, TLS and WebSocket together. */
  readonly timeoutMs?: number;
  /** Protocol level in which packets are read; 4 unless told otherwise. */
  readonly level?: 3 | 4 | 5;
  readonly certificate?: { readonly cert: string; readonly key: string };
}

const usualTimeoutMs = 3_000;

/**
 * Opens a recorded connection, without a word of MQTT.
 * Refused where the peer was heard to say no (TLS alert, HTTP status, closed during a handshake); any other error
 * means that nobody knows, a port where nobody listens included.
 */
export async function dial(
  bench: Bench,
  at: LabAddress,
  { from, timeoutMs = usualTimeoutMs, level = 4, certificate }: DialOptions = {},
): Promise<Connection> {
  const open = (source: string | undefined) =>
    inTime(bench, timeoutMs, (signal) =>
      openTransport(
        at,
        { signal, ...(source !== undefined && { from: source }), ...(certificate && { certificate }) },
        (transport, ends) => new Connection(bench, transport, ends, level),
      ),
    );
  try {
    return await open(from);
  } catch (cause) {
    if (from === undefined || !cannotBind(cause)) throw cause;
    bench.observe.note("source.unavailable", { from });
    return open(undefined);
  }
}

/**
 * Connects and waits for CONNACK, the only thing that proves admission.
 * Refused(`CONNACK <code>`) when the broker says no, Refused(`closed`) when it ends the connection instead; any other
 * error means that nobody knows.
 */
export async function connect(
  bench: Bench,
  at: LabAddress,
  as: ConnectAs,
  {
    from,
    withinMs = usualTimeoutMs,
    trace,
  }: { readonly from?: string | undefined; readonly withinMs?: number; readonly trace?: Trace } = {},
): Promise<Session> {
  const { level = 4, certificate } = as;
  const deadlineMs = bench.clock.nowMs() + withinMs;
  const connection = await dial(bench, at, {
    level,
    timeoutMs: withinMs,
    from,
    ...(certificate && { certificate }),
  });
  trace?.wire(connection.reference);
  connection.send(generate(connectPacket(as), { protocolVersion: level }));
  const connack = await connection.until(() => connackIn(connection.received), deadlineMs - bench.clock.nowMs());
  if (connack?.code === 0) return new Session(connection, connack, level);
  const { ending } = connection;
  connection.destroy();
  if (connack) throw new Refused(`CONNACK ${connack.code}`, `the broker answered CONNACK ${connack.code}`);
  if (ending?.by === "them")
    throw new Refused("closed", `the broker ended the connection (${ending.how}) before CONNACK`);
  throw new Error(bench.signal.aborted ? "was told to stop" : `no CONNACK within ${withinMs} ms`);
}

const serveTries = 3;
const serveEveryMs = 300;

/**
 * Whether the target serves: a fresh CONNECT and a PINGREQ are answered, in the best of three tries.
 * Each try is one attempt at `mqtt.serve`. @param withinMs for each of the two answers.
 */
export async function serves(bench: Bench, at: LabAddress, as: ConnectAs, withinMs: number): Promise<boolean> {
  for (let n = 1; n <= serveTries && !bench.signal.aborted; n += 1) {
    const tried = await bench.observe.attempt("mqtt.serve", { clientId: as.clientId, n }, async (trace) => {
      await using session = await connect(bench, at, as, { withinMs, trace });
      if (!(await session.ping(withinMs))) throw new Error(`no PINGRESP within ${withinMs} ms`);
    });
    if (tried.phase === "ok") return true;
    if (n < serveTries) await bench.clock.sleep(serveEveryMs, bench.signal);
  }
  return false;
}

/**
 * The address that attackers come from, where they can have one of their own: all of 127.0.0.0/8 is this machine, so
 * limits per source tell attackers from honest clients. Undefined elsewhere.
 */
export function attackerSource(at: LabAddress): string | undefined {
  return at.host.startsWith("127.") ? "127.0.0.2" : undefined;
}

async function inTime<T>(bench: Bench, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  void bench.clock.sleep(Math.max(0, timeoutMs), done.signal).then(() => late.abort());
  try {
    return await work(AbortSignal.any([bench.signal, late.signal]));
  } finally {
    done.abort();
  }
}

function cannotBind(cause: unknown): boolean {
  const code = codeOf(cause instanceof Error ? cause.cause : undefined);
  return code === "EADDRNOTAVAIL" || code === "EINVAL";
}

function connectPacket(as: ConnectAs): IConnectPacket {
  const { clientId, username, password, level = 4, clean = true, keepAliveS = 60, will } = as;
  return {
    cmd: "connect",
    protocolId: level === 3 ? "MQIsdp" : "MQTT",
    protocolVersion: level,
    clientId,
    clean,
    keepalive: keepAliveS,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password, "utf8") }),
    ...(will && { will }),
  };
}

/**
 * The CONNACK at the start of these bytes. Read by hand: a broker that speaks only 3.1.1 answers a CONNECT of MQTT 5
 * in its own format, which a reader of MQTT 5 takes for broken.
 */
function connackIn(received: Uint8Array): Connack | undefined {
  if (received.length < 4 || received[0] !== 0x20) return undefined;
  // The properties of MQTT 5 can be long, so the Remaining Length may take up to four bytes.
  let flagsAt = 2;
  while (flagsAt < 5 && ((received[flagsAt - 1] ?? 0) & 0x80) !== 0) flagsAt += 1;
  const flags = received[flagsAt];
  const code = received[flagsAt + 1];
  if (flags === undefined || code === undefined) return undefined;
  return { code, sessionPresent: (flags & 1) === 1 };
}
