import type { Bench } from "#contract/bench.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { AnswerWriter, type Envelope } from "./answer-writer.ts";
import { code } from "./code.ts";
import { EchoChallenge } from "./echo-challenge.ts";
import { emptyMessage } from "./empty-message.ts";
import { isMulticastAddress } from "./group-port.ts";
import { HeldBodies } from "./held-bodies.ts";
import { Intake } from "./intake.ts";
import { type KnownPeer, KnownPeers } from "./known-peers.ts";
import { type Message, messageType } from "./message.ts";
import { Observers } from "./observers.ts";
import { option, optionNumber } from "./option.ts";
import { Outbox } from "./outbox.ts";
import { RememberedExchanges } from "./remembered-exchanges.ts";
import { RequestDesk } from "./request-desk.ts";
import { RequestRate } from "./request-rate.ts";
import { Responder } from "./responder.ts";
import type { ServerCounts } from "./server-counts.ts";
import type { CoapHandler, CoapServerKnobs } from "./serving.ts";
import { Timers } from "./timers.ts";
import { Turn } from "./turn.ts";
import { Uploads } from "./uploads.ts";

/** What a server serves, and how. */
export interface CoapServerOptions {
  readonly knobs: CoapServerKnobs;
  readonly handle: CoapHandler;
  isObservable(path: readonly string[]): boolean;
  /** Shared by the servers of one device, so that a weakness of one port shows at the other, too. */
  readonly held?: HeldBodies;
}

/** A CoAP server on one port; disposing closes the port. */
export interface CoapServer extends AsyncDisposable {
  /** Tells every observer of this path its new state, for which the handler is asked. */
  changed(path: string): void;
  readonly counts: ServerCounts;
}

/**
 * Serves CoAP on a port: a UDP socket, a DTLS server, or, where the port's own address is one of a group, what comes
 * by multicast.
 */
export function startCoapServer(
  port: DatagramPort,
  bench: Pick<Bench, "clock" | "random">,
  options: CoapServerOptions,
): CoapServer {
  return new Server(port, bench, options);
}

class Server implements CoapServer {
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #knobs: CoapServerKnobs;
  readonly #isMulticast: boolean;
  readonly #timers: Timers;
  readonly #peers = new KnownPeers();
  readonly #intake: Intake;
  readonly #rate: RequestRate;
  readonly #remembered: RememberedExchanges;
  readonly #outbox: Outbox;
  readonly #uploads: Uploads;
  readonly #observers: Observers;
  readonly #responder: Responder;
  readonly #desk: RequestDesk;
  #datagrams = 0;
  #requests = 0;
  #duplicates = 0;
  #limited = 0;

  constructor(port: DatagramPort, bench: Pick<Bench, "clock" | "random">, options: CoapServerOptions) {
    const { knobs } = options;
    const isMulticast = isMulticastAddress(port.local.host);
    const isCareful = isMulticast && knobs.multicast === "careful";
    this.#port = port;
    this.#bench = bench;
    this.#knobs = knobs;
    this.#isMulticast = isMulticast;
    this.#timers = new Timers(bench.clock);
    this.#outbox = new Outbox(port, bench, this.#timers, knobs);
    this.#intake = new Intake(port, knobs, !isCareful, () => this.#outbox.nextId());
    this.#rate = new RequestRate(knobs.maxRequestsPerSecond);
    this.#remembered = new RememberedExchanges(knobs.maxRememberedIds);
    this.#uploads = new Uploads(bench, this.#timers, knobs);
    const challenge = new EchoChallenge(bench);
    const writer = new AnswerWriter(knobs.messageParsing === "lenient", challenge);
    const parts = { timers: this.#timers, outbox: this.#outbox, writer, remembered: this.#remembered };
    const responder = new Responder(port, bench, parts, knobs, isCareful);
    this.#responder = responder;
    this.#observers = new Observers(
      {
        outbox: this.#outbox,
        timers: this.#timers,
        stateFor: async (request) => options.handle(request),
        encode: ({ to, token, request, place, size }, response, { messageId, isConfirmable, sequence }) => {
          const envelope: Envelope = {
            type: isConfirmable ? messageType.con : messageType.non,
            messageId,
            room: responder.roomFor({ from: to, size, atMs: bench.clock.nowMs() }),
            own: sequence === undefined ? [] : [option(optionNumber.observe, sequence)],
          };
          return writer.write({ code: code.get, options: request.options, token, place, from: to }, response, envelope);
        },
      },
      knobs,
    );
    this.#desk = new RequestDesk({
      knobs,
      isMulticast,
      handle: options.handle,
      isObservable: (path) => options.isObservable(path),
      challenge,
      uploads: this.#uploads,
      held: options.held ?? new HeldBodies(bench),
      observers: this.#observers,
      responder,
      reset: (turn) => this.#reset(turn),
    });
    port.hear((bytes, from) => this.#hear(bytes, from));
  }

  get counts(): ServerCounts {
    return {
      datagrams: this.#datagrams,
      requests: this.#requests,
      duplicates: this.#duplicates,
      limited: this.#limited,
      notifications: this.#observers.notifications,
      observers: this.#observers.size,
      uploads: this.#uploads.size,
      pendingSeparate: this.#responder.pendingSeparate,
      rememberedIds: this.#remembered.size,
    };
  }

  changed(path: string): void {
    this.#observers.changed(path);
  }

  #hear(bytes: Buffer, from: Peer): void {
    this.#datagrams++;
    const message = this.#intake.read(bytes, from);
    if (message === undefined) return;
    const peer = this.#peers.of(from);
    if (message.code === code.empty) return this.#hearEmpty(message, peer);
    const now = this.#bench.clock.nowMs();
    const admission = this.#rate.admit(peer.source, now);
    if (admission !== "served") return this.#refuse(new Turn(message, peer, bytes.length, now, undefined), admission);
    let remembered: number | undefined;
    if (this.#knobs.deduplication === "on") {
      const before = this.#remembered.find(peer, message.messageId, now);
      if (before !== undefined) return this.#repeat(before, peer);
      remembered = this.#remembered.add(peer, message.messageId, message.type === messageType.con, now);
    }
    this.#requests++;
    this.#desk.take(new Turn(message, peer, bytes.length, now, remembered));
  }

  /** A ping is answered by RST (RFC 7252 §4.3); ACK and RST belong to what this server sent. */
  #hearEmpty({ type, messageId }: Message, from: KnownPeer): void {
    if (type === messageType.ack) this.#outbox.answered(messageId, from, "acknowledged");
    if (type === messageType.rst) this.#outbox.answered(messageId, from, "reset");
    if (type === messageType.con && !this.#isMulticast)
      this.#port.send(emptyMessage(messageType.rst, messageId), from.peer);
  }

  /** RFC 8516: one word for the first request too many, and none for the others. */
  #refuse(turn: Turn, admission: "told" | "dropped"): void {
    this.#limited++;
    if (admission === "dropped" || !turn.isConfirmable) return;
    this.#responder.respond(turn, { code: code.tooManyRequests, options: [option(optionNumber.maxAge, 1)] });
  }

  #repeat(before: number, { peer }: KnownPeer): void {
    this.#duplicates++;
    const answer = this.#remembered.answerTo(before);
    if (answer !== undefined) this.#port.send(answer, peer);
  }

  #reset({ message, from, remembered }: Turn): void {
    const bytes = emptyMessage(messageType.rst, message.messageId);
    if (remembered !== undefined) this.#remembered.answer(remembered, bytes);
    this.#port.send(bytes, from.peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.close();
    await this.#port.close();
  }
}
