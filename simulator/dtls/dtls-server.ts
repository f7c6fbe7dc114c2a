import type { Bench } from "#contract/bench.ts";
import { wrongSecrets } from "../broker/wrong-secrets.ts";
import { type DatagramPort, type Peer, peerKey } from "../udp/datagram.ts";
import { Alarms } from "./alarms.ts";
import { alert, fatal, writeAlert } from "./alert.ts";
import { allSuites, strongSuites } from "./cipher-suite.ts";
import { type HelloStart, readHelloStart } from "./client-hello.ts";
import { cookies } from "./cookie.ts";
import { handshakeType, readFragments, writeMessage } from "./handshake-message.ts";
import { contentType, type DtlsRecord, maxSequence, readRecords, writeRecord } from "./record.ts";
import { type ServerAgreement, ServerHandshake, type ServerPolicy } from "./server-handshake.ts";
import { writeHelloVerifyRequest } from "./server-hello.ts";
import type { DtlsServerKnobs } from "./server-knobs.ts";
import { ServerSession } from "./server-session.ts";
import { dtlsVersion } from "./version.ts";

/** What a DTLS server is told. */
export interface DtlsServerOptions {
  readonly knobs: DtlsServerKnobs;
  /** The key of a PSK identity; undefined where nobody has it. */
  keyOf(identity: string): Uint8Array | undefined;
  /** Numbers of suites by preference, in place of those that the knobs name. */
  readonly suites?: readonly number[];
  /** Told of a client whose session is over, whoever ended it, so that nothing is kept for it any more. */
  readonly onEnded?: (peer: Peer) => void;
  /** Told the secret of every session as a line of an NSS key log, by which tshark reads a capture. */
  readonly keyLog?: (line: string) => void;
}

/** What a server has done so far. */
export interface DtlsServerCounts {
  /** Handshakes that were completed. */
  readonly completed: number;
  /** Fatal alerts that were sent during handshakes. */
  readonly refused: number;
  /** Handshakes whose client did not go on in time, said no itself, or was ignored. */
  readonly abandoned: number;
  /** Handshakes and sessions that had to make room. */
  readonly evicted: number;
  /** Handshakes under way, and sessions, now. */
  readonly handshakes: number;
  readonly sessions: number;
}

/**
 * A DTLS server as a port: what comes out of it was decrypted, with the client's PSK identity beside its address, and what
 * is sent through it to a client that has a session is protected; everything else is lost.
 */
export interface DtlsServer extends DatagramPort, AsyncDisposable {
  readonly counts: DtlsServerCounts;
  /** Says close_notify to every client, and closes the port below. */
  close(): Promise<void>;
}

/** Serves DTLS on a port, which belongs to the server from now on. */
export function startDtlsServer(
  port: DatagramPort,
  bench: Pick<Bench, "clock" | "random">,
  options: DtlsServerOptions,
): DtlsServer {
  return new PskServer(port, bench, options);
}

/** Sessions are put at the end of their line at most this often, so that a record costs a look-up and no more. */
const moveEveryMs = 1_000;

class PskServer implements DtlsServer {
  readonly local: Peer;
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #knobs: DtlsServerKnobs;
  readonly #policy: ServerPolicy;
  readonly #options: DtlsServerOptions;
  readonly #alarms: Alarms;
  readonly #cookies: ReturnType<typeof cookies>;
  readonly #wrong: ReturnType<typeof wrongSecrets>;
  /** By peer, the oldest first. */
  readonly #handshakes = new Map<string, ServerHandshake>();
  /** By peer, the longest idle first. */
  readonly #sessions = new Map<string, ServerSession>();
  readonly #counted = { completed: 0, refused: 0, abandoned: 0, evicted: 0 };
  #listener: (bytes: Buffer, from: Peer) => void = () => {};

  constructor(port: DatagramPort, bench: Pick<Bench, "clock" | "random">, options: DtlsServerOptions) {
    const { knobs } = options;
    this.local = port.local;
    this.#port = port;
    this.#bench = bench;
    this.#knobs = knobs;
    this.#policy = policyOf(options);
    this.#options = options;
    this.#alarms = new Alarms(bench.clock);
    this.#cookies = cookies(bench);
    this.#wrong = wrongSecrets(bench.clock, { maxWrongSecrets: knobs.dtlsGuesses, lockout: "source" });
    port.hear((datagram, from) => this.#onDatagram(datagram, from));
  }

  get counts(): DtlsServerCounts {
    return { ...this.#counted, handshakes: this.#handshakes.size, sessions: this.#sessions.size };
  }

  send(bytes: Uint8Array, to: Peer): void {
    const session = this.#sessions.get(peerKey(to));
    // RFC 7252 §9.1.2: an answer goes into the session of its request, not to whoever has taken its address since.
    if (to.identity === undefined || to.identity === session?.from.identity) session?.send(bytes);
  }

  hear(listener: (bytes: Buffer, from: Peer) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#alarms.close();
    for (const handshake of this.#handshakes.values()) handshake.abandon();
    this.#handshakes.clear();
    for (const session of this.#sessions.values()) session.close();
    await this.#port.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #onDatagram(datagram: Buffer, from: Peer): void {
    const key = peerKey(from);
    for (const record of readRecords(datagram)) {
      if (record.epoch === 0) this.#onClear(record, key, from);
      else this.#onProtected(record, key);
    }
  }

  #onProtected(record: DtlsRecord, key: string): void {
    const session = this.#sessions.get(key);
    if (record.epoch === 1 && session?.take(record) === true) this.#keepInLine(key, session);
    else this.#handshakes.get(key)?.take(record);
  }

  #onClear(record: DtlsRecord, key: string, from: Peer): void {
    const session = this.#sessions.get(key);
    const isForSession = record.type === contentType.alert || record.type === contentType.applicationData;
    if (session !== undefined && isForSession && this.#knobs.dtlsEpoch === "off") {
      return session.takeContent(record.type, record.fragment);
    }
    const handshake = this.#handshakes.get(key);
    const begun = record.type === contentType.handshake ? helloIn(record) : undefined;
    if (begun !== undefined && handshake?.isAbout(begun.start) !== true) this.#onHello(record, key, from, begun);
    else handshake?.take(record);
  }

  #onHello(record: DtlsRecord, key: string, from: Peer, begun: Begun): void {
    if (this.#knobs.dtlsCookie === "required" && !this.#cookies.isGood(from, begun.start)) {
      return this.#askForCookie(record, from, begun);
    }
    // A session goes on until its client has shown that it is the same one, by a Finished (RFC 6347 §4.2.8).
    this.#handshakes.get(key)?.abandon();
    this.#handshakes.delete(key);
    if (!this.#hasRoom(key)) return this.#turnAway(record, from);
    const handshake = this.#begin(record, key, from, begun);
    this.#handshakes.set(key, handshake);
    handshake.take(record);
  }

  /** Everything in it comes from the hello, so that nothing has to be kept. */
  #askForCookie({ sequence }: DtlsRecord, from: Peer, { start, message }: Begun): void {
    const body = writeHelloVerifyRequest({ version: dtlsVersion["1.0"], cookie: this.#cookies.of(from, start) });
    const header = { type: contentType.handshake, version: dtlsVersion["1.0"], epoch: 0, sequence };
    const request = { type: handshakeType.helloVerifyRequest, sequence: message, body };
    this.#port.send(writeRecord(header, writeMessage(request)), from);
  }

  #begin({ sequence }: DtlsRecord, key: string, from: Peer, { start, message }: Begun): ServerHandshake {
    const { clock, random } = this.#bench;
    const over = (said: number | undefined) => {
      this.#handshakes.delete(key);
      if (said === undefined) this.#counted.abandoned++;
      else this.#counted.refused++;
    };
    return new ServerHandshake(
      this.#policy,
      {
        alarms: this.#alarms,
        random,
        nowMs: () => clock.nowMs(),
        transmit: (datagram) => this.#port.send(datagram, from),
        isIgnored: (identity) => this.#wrong.isLocked(from.host, identity),
        onWrongKey: (identity) => void this.#wrong.wrong(from.host, identity),
        onAgreed: (agreement) => this.#onAgreed(key, from, agreement),
        onFailed: over,
      },
      { start, message, record: sequence },
    );
  }

  #onAgreed(key: string, from: Peer, agreement: ServerAgreement): void {
    this.#handshakes.delete(key);
    this.#counted.completed++;
    this.#wrong.right(from.host, agreement.identity);
    this.#options.keyLog?.(agreement.keyLog);
    const ground = {
      transmit: (datagram: Buffer) => this.#port.send(datagram, from),
      onData: (bytes: Buffer, peer: Peer) => this.#listener(bytes, peer),
      onEnded: (ended: ServerSession) => {
        if (this.#sessions.get(key) === ended) this.#sessions.delete(key);
        this.#options.onEnded?.(ended.from);
      },
    };
    const session = new ServerSession(from, agreement, ground, this.#bench.clock.nowMs());
    const before = this.#sessions.get(key);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    // The client has begun anew, so nobody is there any more who could read a farewell.
    if (before !== undefined) this.#options.onEnded?.(before.from);
    this.#makeRoom();
    for (const record of agreement.early) session.take(record);
  }

  /** Whether one more handshake may begin; the oldest may have to go for it. */
  #hasRoom(key: string): boolean {
    const { maxHandshakes, maxSessions, dtlsFull } = this.#knobs;
    if (dtlsFull === "refuses") {
      const isFull = isReached(this.#handshakes.size, maxHandshakes);
      return !isFull && (this.#sessions.has(key) || !isReached(this.#sessions.size, maxSessions));
    }
    const [oldest] = this.#handshakes;
    if (oldest !== undefined && isReached(this.#handshakes.size, maxHandshakes)) {
      oldest[1].abandon();
      this.#handshakes.delete(oldest[0]);
      this.#counted.evicted++;
    }
    return true;
  }

  #turnAway({ sequence }: DtlsRecord, from: Peer): void {
    this.#counted.refused++;
    const header = { type: contentType.alert, version: dtlsVersion["1.2"], epoch: 0, sequence };
    this.#port.send(writeRecord(header, writeAlert(fatal(alert.internalError))), from);
  }

  #makeRoom(): void {
    const { maxSessions } = this.#knobs;
    const [longestIdle] = this.#sessions.values();
    if (maxSessions === 0 || this.#sessions.size <= maxSessions || longestIdle === undefined) return;
    this.#counted.evicted++;
    longestIdle.close();
  }

  #keepInLine(key: string, session: ServerSession): void {
    const nowMs = this.#bench.clock.nowMs();
    if (nowMs - session.movedMs < moveEveryMs || !this.#sessions.delete(key)) return;
    session.movedMs = nowMs;
    this.#sessions.set(key, session);
  }
}

/** Numbers of messages and records go on from those of the hello, and have 16 and 48 bits. */
const lastHelloNumber = 0xff00;
const lastHelloRecord = maxSequence - 0xff;

/** The beginning of a hello, which may be the whole of it, and its number. */
interface Begun {
  readonly start: HelloStart;
  readonly message: number;
}

/**
 * The hello that a record begins with. Of one in pieces only the first can be understood without keeping anything, so
 * what comes before it is lost, and comes again.
 */
function helloIn(record: DtlsRecord): Begun | undefined {
  const [fragment] = readFragments(record.fragment);
  if (fragment?.type !== handshakeType.clientHello || fragment.offset !== 0) return undefined;
  if (fragment.sequence > lastHelloNumber || record.sequence > lastHelloRecord) return undefined;
  const start = readHelloStart(fragment.bytes);
  return start && { start, message: fragment.sequence };
}

function policyOf(options: DtlsServerOptions): ServerPolicy {
  const { knobs, suites } = options;
  return {
    oldest: dtlsVersion[knobs.dtlsVersions === "1.2" ? "1.2" : "1.0"],
    suites: suites ?? (knobs.dtlsSuites === "strong" ? strongSuites : allSuites),
    hint: knobs.pskHint,
    tellsUnknown: knobs.pskUnknown === "told",
    checksReplay: knobs.dtlsReplay === "window",
    keyOf: (identity) => options.keyOf(identity),
  };
}

function isReached(size: number, limit: number): boolean {
  return limit > 0 && size >= limit;
}
