import { timingSafeEqual } from "node:crypto";
import { Refused } from "#contract/errors.ts";
import { type Agreement, deriveKeys } from "./agreement.ts";
import type { Alarms } from "./alarms.ts";
import { type Alert, alert, alertName, fatal, isEnd, writeAlert } from "./alert.ts";
import { isSuiteOf, suiteName, suiteOf } from "./cipher-suite.ts";
import { type ClientHello, randomBytes, writeClientHello } from "./client-hello.ts";
import { extensionType, hasExtension, renegotiationSuite } from "./extension.ts";
import type { FlightPart } from "./flight.ts";
import { type HandshakeMessage, handshakeType } from "./handshake-message.ts";
import { Intake, type IntakeEvents } from "./intake.ts";
import { writePskName } from "./psk-exchange.ts";
import { contentType, type DtlsRecord } from "./record.ts";
import { Retransmission } from "./retransmission.ts";
import { verifyData } from "./secrets.ts";
import { readHelloVerifyRequest, readServerHello, type ServerHello } from "./server-hello.ts";
import { Transcript } from "./transcript.ts";
import { type DtlsVersion, dtlsVersion, versionName } from "./version.ts";
import { WriteState } from "./write-state.ts";

/** What a client offers, and who it is. */
export interface ClientOffer {
  /** PSK identity, at most 65,535 bytes of UTF-8. */
  readonly identity: string;
  readonly key: Uint8Array;
  readonly version: DtlsVersion;
  /** Numbers of suites, by preference. */
  readonly suites: readonly number[];
  readonly offersExtendedMasterSecret: boolean;
  /** Bytes of a message in one record; so many that nothing is split by default. */
  readonly fragmentBytes: number | undefined;
}

/** What a client's handshake works with. */
export interface ClientGround {
  readonly alarms: Alarms;
  nowMs(): number;
  readonly withinMs: number;
  readonly random: { hex(bytes: number): string };
  transmit(datagram: Buffer): void;
  /** `early` came before the server's Finished, and is still protected. */
  onAgreed(agreement: Agreement & { readonly keyLog: string; readonly early: readonly DtlsRecord[] }): void;
  /** {@link Refused} where the server was heard to say no. */
  onFailed(cause: Error): void;
}

/** What the client waits for. */
type Awaits = "ServerHello" | "ServerKeyExchange" | "ServerHelloDone" | "Finished";

/** HelloVerifyRequests that are followed before a server is thought to be fooling. */
const mostCookies = 4;

/** The client's side of a handshake (RFC 6347 §4.2). */
export class ClientHandshake implements IntakeEvents {
  readonly #ground: ClientGround;
  readonly #offer: ClientOffer;
  readonly #intake: Intake;
  readonly #flights: Retransmission;
  readonly #clear = new WriteState(0);
  readonly #transcript = new Transcript();
  #hello: ClientHello;
  #awaits: Awaits = "ServerHello";
  #serverHello: ServerHello | undefined;
  #keys: ReturnType<typeof deriveKeys> | undefined;
  #cookies = 0;
  #nextMessage = 0;

  constructor(offer: ClientOffer, ground: ClientGround) {
    this.#offer = offer;
    this.#ground = ground;
    this.#intake = new Intake(0, this);
    this.#hello = helloOf(offer, ground);
    this.#flights = new Retransmission({
      alarms: ground.alarms,
      nowMs: ground.nowMs(),
      withinMs: ground.withinMs,
      fragmentBytes: offer.fragmentBytes,
      transmit: (datagram) => ground.transmit(datagram),
      onGivenUp: () => this.#fail(new Error(`no ${this.#awaits} in ${ground.withinMs} ms`)),
    });
  }

  /** Sends the first hello. */
  begin(): void {
    const message = this.#message(handshakeType.clientHello, writeClientHello(this.#hello));
    // RFC 5246 appendix E.1: what the record of a hello says about the version is the oldest, whatever the hello offers.
    this.#send([{ message, in: this.#clear }], dtlsVersion["1.0"]);
  }

  take(record: DtlsRecord): void {
    this.#intake.take(record);
  }

  /** Ends without a word to the server. */
  abandon(cause: Error): void {
    this.#fail(cause);
  }

  onMessage(message: HandshakeMessage): void {
    switch (message.type) {
      case handshakeType.helloVerifyRequest:
        return this.#onHelloVerifyRequest(message);
      case handshakeType.serverHello:
        return this.#onServerHello(message);
      case handshakeType.serverKeyExchange:
        return this.#onServerKeyExchange(message);
      case handshakeType.serverHelloDone:
        return this.#onServerHelloDone(message);
      case handshakeType.finished:
        return this.#onFinished(message);
      default:
        return this.#refuse(alert.unexpectedMessage, `a message of type ${message.type}`);
    }
  }

  onRepeated(): void {
    if (this.#awaits === "Finished") this.#flights.again();
  }

  onAlert(heard: Alert): void {
    if (!isEnd(heard)) return;
    const name = alertName(heard.description);
    this.#fail(new Refused(`alert ${heard.description}`, `the server ended the handshake with ${name}`));
  }

  /** RFC 6347 §4.1.2.7: it may be anybody's. */
  onForged(): void {}

  #onHelloVerifyRequest({ body }: HandshakeMessage): void {
    const request = readHelloVerifyRequest(body);
    if (request === undefined) return this.#refuse(alert.decodeError, "a HelloVerifyRequest that is none");
    if (this.#awaits !== "ServerHello" || ++this.#cookies > mostCookies) {
      return this.#refuse(alert.unexpectedMessage, "one HelloVerifyRequest too many");
    }
    this.#transcript.restart();
    this.#hello = { ...this.#hello, cookie: Buffer.from(request.cookie) };
    this.begin();
  }

  #onServerHello(message: HandshakeMessage): void {
    const hello = readServerHello(message.body);
    if (this.#awaits !== "ServerHello") return this.#refuse(alert.unexpectedMessage, "a second ServerHello");
    if (hello === undefined) return this.#refuse(alert.decodeError, "a ServerHello that is none");
    if (hello.version !== this.#offer.version) {
      return this.#refuse(alert.protocolVersion, `${versionName(hello.version)}, which was not offered`);
    }
    const isOffered = this.#offer.suites.includes(hello.suite) && hello.compression === 0;
    const suite = suiteOf(hello.suite);
    if (!isOffered || suite === undefined || !isSuiteOf(this.#offer.version, suite)) {
      return this.#refuse(alert.illegalParameter, `suite ${suiteName(hello.suite)}, which was not offered`);
    }
    this.#transcript.add(message);
    this.#serverHello = { ...hello, random: Buffer.from(hello.random) };
    this.#awaits = "ServerKeyExchange";
  }

  /** It holds nothing but a hint, which is taken note of by nobody (RFC 4279 §5.2). */
  #onServerKeyExchange(message: HandshakeMessage): void {
    if (this.#awaits !== "ServerKeyExchange") return this.#refuse(alert.unexpectedMessage, "a ServerKeyExchange");
    this.#transcript.add(message);
    this.#awaits = "ServerHelloDone";
  }

  #onServerHelloDone(message: HandshakeMessage): void {
    const hello = this.#serverHello;
    const suite = suiteOf(hello?.suite ?? -1);
    const isTurn = this.#awaits === "ServerKeyExchange" || this.#awaits === "ServerHelloDone";
    if (!isTurn || hello === undefined || suite === undefined) {
      return this.#refuse(alert.unexpectedMessage, "a ServerHelloDone");
    }
    this.#transcript.add(message);
    this.#awaits = "Finished";
    const keyExchange = this.#message(handshakeType.clientKeyExchange, writePskName(this.#offer.identity));
    const { version, key } = this.#offer;
    const keys = deriveKeys({
      side: "client",
      version,
      suite,
      key,
      randoms: { client: this.#hello.random, server: hello.random },
      isExtended:
        this.#offer.offersExtendedMasterSecret && hasExtension(hello.extensions, extensionType.extendedMasterSecret),
      transcript: this.#transcript,
      checksReplay: true,
    });
    this.#keys = keys;
    const proof = verifyData(version, keys.master, "client", this.#transcript.digest(version));
    const finished = this.#message(handshakeType.finished, proof);
    const parts: readonly FlightPart[] = [
      { message: keyExchange, in: this.#clear },
      { message: "change-cipher-spec", in: this.#clear },
      { message: finished, in: keys.write },
    ];
    this.#send(parts, version);
    this.#intake.switchTo(keys.read);
  }

  #onFinished({ body }: HandshakeMessage): void {
    const keys = this.#keys;
    if (keys === undefined) return this.#refuse(alert.unexpectedMessage, "a Finished");
    const expected = verifyData(keys.version, keys.master, "server", this.#transcript.digest(keys.version));
    if (body.length !== expected.length || !timingSafeEqual(body, expected)) {
      return this.#refuse(alert.decryptError, "a Finished of another handshake");
    }
    this.#end();
    this.#ground.onAgreed({ ...keys, early: this.#intake.held });
  }

  /** The next message of ours, which becomes part of the transcript. */
  #message(type: number, body: Buffer): HandshakeMessage {
    const message = { type, sequence: this.#nextMessage++, body };
    this.#transcript.add(message);
    return message;
  }

  #send(flight: readonly FlightPart[], version: number): void {
    this.#flights.send(flight, version, this.#ground.nowMs());
  }

  /** We say no, which tells nothing about what the server would have said. */
  #refuse(description: number, saw: string): void {
    const said = writeAlert(fatal(description));
    const write = this.#keys?.write ?? this.#clear;
    this.#ground.transmit(write.write(contentType.alert, this.#offer.version, said));
    this.#fail(new Error(`the server sent ${saw}`));
  }

  #fail(cause: Error): void {
    if (this.#intake.isOver) return;
    this.#end();
    this.#ground.onFailed(cause);
  }

  #end(): void {
    this.#intake.isOver = true;
    this.#flights.stop();
  }
}

function helloOf(offer: ClientOffer, { random }: Pick<ClientGround, "random">): ClientHello {
  const none = Buffer.alloc(0);
  return {
    version: offer.version,
    random: Buffer.from(random.hex(randomBytes), "hex"),
    sessionId: none,
    cookie: none,
    suites: [...offer.suites, renegotiationSuite],
    compressions: Buffer.of(0),
    extensions: offer.offersExtendedMasterSecret ? [{ type: extensionType.extendedMasterSecret, content: none }] : [],
  };
}
