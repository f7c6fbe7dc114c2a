import type { Bench } from "#contract/bench.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { Alarms } from "./alarms.ts";
import { legacySuites, strongSuites } from "./cipher-suite.ts";
import { ClientHandshake } from "./client-handshake.ts";
import { ClientSession, type DtlsSession } from "./client-session.ts";
import { readRecords } from "./record.ts";
import { type DtlsVersion, dtlsVersion } from "./version.ts";

/** Whom to connect to, as whom, and what to offer. */
export interface DtlsClientOptions {
  readonly to: Peer;
  /** PSK identity, at most 65,535 bytes of UTF-8. */
  readonly identity: string;
  readonly key: Uint8Array;
  /** Milliseconds for the whole handshake. */
  readonly withinMs: number;
  /** The one version that is offered; 1.2 unless told otherwise. */
  readonly version?: DtlsVersion;
  /** Numbers of suites by preference; unless told otherwise the strong ones of cipher-suite.ts, or what 1.0 has. */
  readonly suites?: readonly number[];
  /** Whether to offer RFC 7627; true unless told otherwise. */
  readonly extendedMasterSecret?: boolean;
  /** Most bytes of a handshake message in one record, to have it sent in pieces. */
  readonly fragmentBytes?: number;
  /** Told the secret of the session as a line of an NSS key log, by which tshark reads a capture. */
  readonly keyLog?: (line: string) => void;
}

/** What the client needs of a bench. */
export type DtlsClientBench = Pick<Bench, "clock" | "random" | "signal">;

/**
 * Connects by DTLS with a pre-shared key. The port belongs to the session from now on: it is closed with it, and also
 * where no session comes of it. One port holds one session.
 * Throws {@link Refused} where the server was heard to say no, by a fatal alert or close_notify; a plain Error after
 * `withinMs`, when the bench's signal aborts, and for a server that makes no sense.
 */
export function connectDtls(
  port: DatagramPort,
  bench: DtlsClientBench,
  options: DtlsClientOptions,
): Promise<DtlsSession> {
  return connectSession(port, bench, options);
}

/** The same, with all that a session can do, for attacks. */
export async function connectSession(
  port: DatagramPort,
  bench: DtlsClientBench,
  options: DtlsClientOptions,
): Promise<ClientSession> {
  const alarms = new Alarms(bench.clock);
  const { promise, resolve, reject } = Promise.withResolvers<ClientSession>();
  const { to, version = dtlsVersion["1.2"] } = options;
  const handshake = new ClientHandshake(
    {
      identity: options.identity,
      key: options.key,
      version,
      suites: options.suites ?? (version === dtlsVersion["1.0"] ? legacySuites : strongSuites),
      offersExtendedMasterSecret: options.extendedMasterSecret ?? true,
      fragmentBytes: options.fragmentBytes,
    },
    {
      alarms,
      nowMs: () => bench.clock.nowMs(),
      withinMs: options.withinMs,
      random: bench.random,
      transmit: (datagram) => port.send(datagram, to),
      onAgreed(agreed) {
        options.keyLog?.(agreed.keyLog);
        resolve(new ClientSession(port, to, agreed, agreed.early));
      },
      onFailed: reject,
    },
  );
  const abandon = () => handshake.abandon(new Error("the handshake was called off"));
  bench.signal.addEventListener("abort", abandon);
  port.hear((datagram, from) => {
    if (from.port !== to.port || from.host !== to.host) return;
    for (const record of readRecords(datagram)) handshake.take(record);
  });
  try {
    if (bench.signal.aborted) abandon();
    else handshake.begin();
    return await promise;
  } catch (cause) {
    await port.close();
    throw cause;
  } finally {
    bench.signal.removeEventListener("abort", abandon);
    alarms.close();
  }
}
