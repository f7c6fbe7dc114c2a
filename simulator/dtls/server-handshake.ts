import { isUtf8 } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { type Agreement, deriveKeys } from "./agreement.ts";
import type { Alarms } from "./alarms.ts";
import { type Alert, alert, fatal, isEnd, writeAlert } from "./alert.ts";
import { type CipherSuite, isSuiteOf, suiteOf } from "./cipher-suite.ts";
import { type ClientHello, type HelloStart, randomBytes, readClientHello } from "./client-hello.ts";
import { type Extension, extensionType, hasExtension, renegotiationSuite } from "./extension.ts";
import type { FlightPart } from "./flight.ts";
import { type HandshakeMessage, handshakeType } from "./handshake-message.ts";
import { Intake, type IntakeEvents } from "./intake.ts";
import { readPskName, writePskName } from "./psk-exchange.ts";
import { contentType, type DtlsRecord } from "./record.ts";
import { Retransmission } from "./retransmission.ts";
import { verifyBytes, verifyData } from "./secrets.ts";
import { writeServerHello } from "./server-hello.ts";
import { Transcript } from "./transcript.ts";
import { type DtlsVersion, dtlsVersion } from "./version.ts";
import { WriteState } from "./write-state.ts";

/** What a server agrees to. */
export interface ServerPolicy {
  /** Oldest version that is accepted. */
  readonly oldest: DtlsVersion;
  /** Numbers of suites, by preference. */
  readonly suites: readonly number[];
  readonly hint: string;
  readonly tellsUnknown: boolean;
  readonly checksReplay: boolean;
  keyOf(identity: string): Uint8Array | undefined;
}

/** What came of a handshake, and the flight that the client may ask for once more. */
export interface ServerAgreement extends Agreement {
  readonly identity: string;
  readonly keyLog: string;
  readonly last: { readonly flight: readonly FlightPart[]; readonly finished: number };
  readonly early: readonly DtlsRecord[];
}

/** What a server's handshake works with. */
export interface ServerGround {
  readonly alarms: Alarms;
  nowMs(): number;
  readonly random: { hex(bytes: number): string };
  transmit(datagram: Buffer): void;
  /** Whether this client has guessed too often to be heard for this identity. */
  isIgnored(identity: string): boolean;
  onWrongKey(identity: string): void;
  onAgreed(agreement: ServerAgreement): void;
  /** @param said the alert that was sent; undefined where the client is gone, said no itself, or is ignored. */
  onFailed(said: number | undefined): void;
}

/** How long a client may take. */
const handshakeMs = 60_000;

/** The server's side of a handshake, from the hello on whose cookie was good (RFC 6347 §4.2). */
export class ServerHandshake implements IntakeEvents {
  readonly #policy: ServerPolicy;
  readonly #ground: ServerGround;
  readonly #start: HelloStart;
  readonly #intake: Intake;
  readonly #flights: Retransmission;
  readonly #clear: WriteState;
  readonly #transcript = new Transcript();
  #nextMessage: number;
  #hello: ClientHello | undefined;
  #chosen: { readonly version: DtlsVersion; readonly suite: CipherSuite; readonly random: Buffer } | undefined;
  #identity = "";
  #keys: ReturnType<typeof deriveKeys> | undefined;

  /** @param first message and record numbers of the hello, from which RFC 6347 §4.2.1 has the server go on. */
  constructor(
    policy: ServerPolicy,
    ground: ServerGround,
    first: { readonly start: HelloStart; readonly message: number; readonly record: number },
  ) {
    this.#policy = policy;
    this.#ground = ground;
    this.#start = { ...first.start, random: Buffer.from(first.start.random), cookie: Buffer.from(first.start.cookie) };
    this.#nextMessage = first.message;
    this.#clear = new WriteState(0, undefined, first.record);
    this.#intake = new Intake(first.message, this);
    this.#flights = new Retransmission({
      alarms: ground.alarms,
      nowMs: ground.nowMs(),
      withinMs: handshakeMs,
      fragmentBytes: undefined,
      transmit: (datagram) => ground.transmit(datagram),
      onGivenUp: () => this.#fail(undefined),
    });
  }

  /** Whether that hello is the one that this handshake began with. */
  isAbout({ random, cookie }: HelloStart): boolean {
    return this.#start.random.equals(random) && this.#start.cookie.equals(cookie);
  }

  take(record: DtlsRecord): void {
    this.#intake.take(record);
  }

  /** Ends without a word to the client. */
  abandon(): void {
    this.#end();
  }

  onMessage(message: HandshakeMessage): void {
    const { type } = message;
    if (type === handshakeType.clientHello && this.#hello === undefined) return this.#onClientHello(message);
    if (type === handshakeType.clientKeyExchange && this.#chosen !== undefined && this.#keys === undefined) {
      return this.#onClientKeyExchange(message);
    }
    if (type === handshakeType.finished && this.#keys !== undefined) return this.#onFinished(message, this.#keys);
    this.#refuse(alert.unexpectedMessage);
  }

  onRepeated(): void {
    if (this.#keys === undefined) this.#flights.again();
  }

  onAlert(heard: Alert): void {
    if (isEnd(heard)) this.#fail(undefined);
  }

  /**
   * The first record under a wrong key. RFC 6347 §4.1.2.7 leaves the choice: dropping it would outlast a forger, but leave
   * whoever has mistyped a key without a word, for whom RFC 4279 §2 has decrypt_error.
   */
  onForged({ type }: DtlsRecord): void {
    if (type !== contentType.handshake) return;
    this.#ground.onWrongKey(this.#identity);
    this.#refuse(alert.decryptError);
  }

  #onClientHello(message: HandshakeMessage): void {
    const hello = readClientHello(Buffer.from(message.body));
    if (hello === undefined) return this.#refuse(alert.decodeError);
    const version = versionFor(hello.version, this.#policy.oldest);
    if (version === undefined) return this.#refuse(alert.protocolVersion);
    const suite = suiteFor(this.#policy.suites, hello.suites, version);
    if (suite === undefined || !hello.compressions.includes(0)) return this.#refuse(alert.handshakeFailure);
    this.#hello = hello;
    this.#transcript.add(message);
    const random = Buffer.from(this.#ground.random.hex(randomBytes), "hex");
    this.#chosen = { version, suite, random };
    const ours = { version, random, sessionId: Buffer.alloc(0), suite: suite.id, compression: 0 };
    const bodies: readonly (readonly [number, Buffer])[] = [
      [handshakeType.serverHello, writeServerHello({ ...ours, extensions: answersTo(hello) })],
      ...(this.#policy.hint === ""
        ? []
        : [[handshakeType.serverKeyExchange, writePskName(this.#policy.hint)] as const]),
      [handshakeType.serverHelloDone, Buffer.alloc(0)],
    ];
    const flight = bodies.map(([type, body]) => ({ message: this.#message(type, body), in: this.#clear }));
    this.#flights.send(flight, version, this.#ground.nowMs());
  }

  #onClientKeyExchange(message: HandshakeMessage): void {
    const { hello, chosen } = { hello: this.#hello, chosen: this.#chosen };
    const name = readPskName(message.body);
    if (name === undefined || hello === undefined || chosen === undefined) return this.#refuse(alert.decodeError);
    this.#identity = isUtf8(name) ? name.toString() : "";
    if (this.#ground.isIgnored(this.#identity)) return this.#fail(undefined);
    const known = this.#policy.keyOf(this.#identity);
    if (known === undefined && this.#policy.tellsUnknown) {
      this.#ground.onWrongKey(this.#identity);
      return this.#refuse(alert.unknownPskIdentity);
    }
    this.#transcript.add(message);
    this.#keys = deriveKeys({
      ...chosen,
      side: "server",
      // A key that nobody has makes an unknown identity fail just where a wrong key does.
      key: known ?? Buffer.from(this.#ground.random.hex(16), "hex"),
      randoms: { client: hello.random, server: chosen.random },
      isExtended: hasExtension(hello.extensions, extensionType.extendedMasterSecret),
      transcript: this.#transcript,
      checksReplay: this.#policy.checksReplay,
    });
    this.#intake.switchTo(this.#keys.read);
  }

  #onFinished(message: HandshakeMessage, keys: ReturnType<typeof deriveKeys>): void {
    const { version, master } = keys;
    const expected = verifyData(version, master, "client", this.#transcript.digest(version));
    if (message.body.length !== expected.length || !timingSafeEqual(message.body, expected)) {
      return this.#refuse(alert.decryptError);
    }
    this.#transcript.add(message);
    // The session keeps it for a while; as part of Node's pool of small buffers it would keep 8 KiB with it.
    const proof = Buffer.alloc(verifyBytes);
    proof.set(verifyData(version, master, "server", this.#transcript.digest(version)));
    const flight: readonly FlightPart[] = [
      { message: "change-cipher-spec", in: this.#clear },
      { message: this.#message(handshakeType.finished, proof), in: keys.write },
    ];
    this.#flights.send(flight, version, this.#ground.nowMs());
    this.#end();
    this.#ground.onAgreed({
      ...keys,
      identity: this.#identity,
      last: { flight, finished: message.sequence },
      early: this.#intake.held,
    });
  }

  #message(type: number, body: Buffer): HandshakeMessage {
    const message = { type, sequence: this.#nextMessage++, body };
    this.#transcript.add(message);
    return message;
  }

  #refuse(description: number): void {
    const version = this.#chosen?.version ?? dtlsVersion["1.2"];
    this.#ground.transmit(this.#clear.write(contentType.alert, version, writeAlert(fatal(description))));
    this.#fail(description);
  }

  #fail(said: number | undefined): void {
    if (this.#intake.isOver) return;
    this.#end();
    this.#ground.onFailed(said);
  }

  #end(): void {
    this.#intake.isOver = true;
    this.#flights.stop();
  }
}

/** The version to go on with; a client that can do more than 1.2 offers 1.2 here, too (RFC 9147 §5.3). */
function versionFor(offered: number, oldest: DtlsVersion): DtlsVersion | undefined {
  if (offered >> 8 !== 0xfe) return undefined;
  if (offered <= dtlsVersion["1.2"]) return dtlsVersion["1.2"];
  return oldest === dtlsVersion["1.0"] ? dtlsVersion["1.0"] : undefined;
}

function suiteFor(ours: readonly number[], theirs: readonly number[], version: DtlsVersion): CipherSuite | undefined {
  return ours
    .filter((id) => theirs.includes(id))
    .map((id) => suiteOf(id))
    .find((suite) => suite !== undefined && isSuiteOf(version, suite));
}

/** Only what was offered may be answered. */
function answersTo({ extensions, suites }: ClientHello): readonly Extension[] {
  const answers: Extension[] = [];
  if (hasExtension(extensions, extensionType.extendedMasterSecret)) {
    answers.push({ type: extensionType.extendedMasterSecret, content: Buffer.alloc(0) });
  }
  // RFC 5746 §3.6: clients that know of it may refuse servers that do not.
  if (hasExtension(extensions, extensionType.renegotiationInfo) || suites.includes(renegotiationSuite)) {
    answers.push({ type: extensionType.renegotiationInfo, content: Buffer.of(0) });
  }
  return answers;
}
