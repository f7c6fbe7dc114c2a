import type { Json, JsonObject, WireReference } from "./observation.ts";

declare const insideLab: unique symbol;

/** Protocols by the URL scheme users know. */
export type Scheme = MqttScheme | CoapScheme;
export type MqttScheme = "mqtt" | "mqtts" | "ws" | "wss";
export type CoapScheme = "coap" | "coaps" | "coap+tcp";

/**
 * A place that attacks and devices may connect to. Only `engine/guard.ts` makes one, so a unit cannot name a stranger.
 * The name was resolved once; `host` is always a literal IP address.
 */
export interface LabAddress {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  /** The name to verify and to send as SNI, where TLS is spoken and the user gave a name. */
  readonly serverName?: string;
  /** PEM of the authority that signs the server certificate, where it is not a public one. */
  readonly ca?: string;
  /** Path of a WebSocket address, `/mqtt` unless told otherwise. */
  readonly path?: string;
  /** Most connections that one unit may hold open here at once, from the scope; 2,000 where nothing says less. */
  readonly maxConnections: number;
  /** Most new connections or packets a second that one unit may send here. */
  readonly maxRatePerSecond: number;
  readonly [insideLab]: true;
}

/** How an attempt ended; a throw becomes an outcome, not an exception. */
export type Settled<T> =
  | { readonly phase: "ok"; readonly value: T }
  | { readonly phase: "refused" | "unknown"; readonly error: Error };

/** Lets the work of an attempt add to the observation that will close it. */
export interface Trace {
  /** Where the bytes of this attempt lie. */
  wire(reference: WireReference): void;
  /** Measured facts, merged into `detail` of the closing observation. */
  detail(facts: JsonObject): void;
}

/** The one way to write to the history, bound to an actor (and a beat). */
export interface Observer {
  /**
   * Records the attempt before `work` begins and its outcome after it: `ok` when it returns, `refused` when it throws
   * a {@link Refused}, `unknown` for anything else. Only a LabError is thrown on.
   * The result carries the `seq` of the closing observation.
   */
  attempt<T>(
    action: string,
    detail: Json,
    work: (trace: Trace) => Promise<T>,
  ): Promise<Settled<T> & { readonly seq: number }>;
  /** Records a fact; returns its `seq`. */
  note(action: string, detail?: Json, wire?: WireReference): number;
}

/** A stream of chance that belongs to one actor; the same seed gives the same stream. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** An integer, at least `from`, less than `below`. */
  integer(from: number, below: number): number;
  /** Lower-case hex of so many random bytes. */
  hex(bytes: number): string;
}

export interface Clock {
  /** Milliseconds since the run began. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One recorded TCP connection, or all datagrams between two UDP ports; these have no ending. */
export interface WireStream {
  readonly reference: WireReference;
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  /** `fin` for an orderly end, `reset` for RST; `by` tells who ended it. */
  closed(how: "fin" | "reset", by: "us" | "them"): void;
}

/** Keeps what went over the wire, for the evidence of a run. */
export interface Wire {
  /** Begins a connection; addresses are literal IPs. For TLS the bytes are the decrypted ones, for DTLS the records as they are; the capture's comment says so. */
  open(ends: {
    readonly local: { readonly host: string; readonly port: number };
    readonly remote: { readonly host: string; readonly port: number };
    /** TCP where it is absent. */
    readonly over?: "udp";
  }): WireStream;
}

/** All that a unit may touch while it runs. */
export interface Bench {
  readonly observe: Observer;
  readonly random: Random;
  readonly clock: Clock;
  /** Aborts when the stage or beat ends. */
  readonly signal: AbortSignal;
  readonly wire: Wire;
  /** Keeps a small file with the run, and returns its path in the run's directory. A second of the same name gets a number. */
  keep(name: string, content: string | Uint8Array): string;
  /** The run's own id; part of every canary, so that one of an earlier run is never taken for one of this. */
  readonly runId: string;
}
