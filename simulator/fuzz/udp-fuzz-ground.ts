import type { Bench } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { type DatagramPort, isSamePeer, type Peer } from "../udp/datagram.ts";
import { type RecordedPort, recordedPort } from "../udp/recorded-port.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import type { FuzzGround, Sent, Step } from "./fuzz-protocol.ts";

/** A question that a target which lives always answers, and how its answer is known. */
export interface LifeSign {
  /** A new one each time, so that no answer can be one to an earlier question. */
  ask(): { readonly bytes: Buffer; readonly isAnswer: (bytes: Buffer) => boolean };
}

export interface UdpGroundOptions {
  readonly endpoints: number;
  readonly life: LifeSign;
  /** Without an answer for so long, in three tries, the target counts as silent, milliseconds. */
  readonly silentAfterMs: number;
  /** Most datagrams in a second. */
  readonly mostPerSecond: number;
  /** Keep every datagram as evidence; for replays, not for thousands of cases. */
  readonly isRecorded: boolean;
  /** Local addresses of the endpoints that send, in turns; one of this machine's where there are none. */
  readonly sources?: readonly string[];
  /** Starts the target again where it does not come back by itself. */
  readonly revive?: () => Promise<void>;
}

/** A {@link FuzzGround} of UDP sockets. */
export interface UdpFuzzGround extends FuzzGround, AsyncDisposable {
  /** Where the datagrams of the first endpoint lie; undefined where nothing is recorded. */
  readonly reference: WireReference | undefined;
}

const tries = 3;
const mostUnread = 128;
/** How long a target is waited for that can be started again. */
const patienceMs = 1_000;

/** Opens the sockets of a fuzzer towards `at`: some that send, and one more that only looks for life. */
export async function openUdpFuzzGround(bench: Bench, at: Peer, options: UdpGroundOptions): Promise<UdpFuzzGround> {
  const ports: DatagramPort[] = [];
  const recorded: RecordedPort[] = [];
  const host = sourceFor(at);
  try {
    for (let opened = 0; opened <= options.endpoints; opened++) {
      const source = opened === 0 ? undefined : options.sources?.[opened % options.sources.length];
      const port = await openUdpPort({ host: source ?? host, port: 0 });
      if (options.isRecorded) recorded.push(recordedPort(port, bench.wire));
      ports.push(recorded[opened] ?? port);
    }
  } catch (cause) {
    await Promise.all(ports.map((port) => port.close()));
    throw cause;
  }
  return new SocketGround(bench, at, ports, options, recorded[1]);
}

/** Loopback towards loopback; any address of this machine otherwise. */
function sourceFor({ host }: Peer): string {
  if (host.startsWith("127.")) return "127.0.0.1";
  if (host === "::1") return host;
  return host.includes(":") ? "::" : "0.0.0.0";
}

class SocketGround implements UdpFuzzGround {
  readonly endpoints: number;
  readonly #bench: Bench;
  readonly #at: Peer;
  readonly #senders: readonly DatagramPort[];
  readonly #lookout: DatagramPort;
  readonly #options: UdpGroundOptions;
  readonly #answers: Buffer[][];
  readonly #recorded: RecordedPort | undefined;
  readonly fresh?: () => Promise<boolean>;
  #seen: (bytes: Buffer) => void = ignore;
  /** Datagrams that may be sent at once; refilled as time passes. */
  #allowance: number;
  #countedMs: number;

  constructor(
    bench: Bench,
    at: Peer,
    ports: readonly DatagramPort[],
    options: UdpGroundOptions,
    recorded: RecordedPort | undefined,
  ) {
    const [lookout, ...senders] = ports;
    if (lookout === undefined) throw new Error("a fuzzer needs a socket that looks for life");
    this.#bench = bench;
    this.#at = at;
    this.#lookout = lookout;
    this.#senders = senders;
    this.#options = options;
    this.#recorded = recorded;
    const { revive } = options;
    if (revive !== undefined) {
      this.fresh = async () => {
        await revive();
        return this.#comesBack(patienceMs);
      };
    }
    this.endpoints = senders.length;
    this.#answers = senders.map(() => []);
    this.#allowance = burstOf(options);
    this.#countedMs = bench.clock.nowMs();
    lookout.hear((bytes, from) => {
      if (isSamePeer(from, at)) this.#seen(bytes);
    });
    for (const [index, port] of senders.entries()) {
      port.hear((bytes, from) => {
        if (isSamePeer(from, at)) this.#answers[index]?.push(bytes);
      });
    }
  }

  get reference(): WireReference | undefined {
    return this.#recorded?.reference(this.#at);
  }

  async send(steps: readonly Step[]): Promise<Sent> {
    for (const heard of this.#answers) heard.length = 0;
    let life: Sent["life"] = "at once";
    // More than a socket holds would be lost before the target reads it, so it is asked for a sign of life in between.
    for (let first = 0; first < Math.max(1, steps.length) && life === "at once"; first += mostUnread) {
      const some = steps.slice(first, first + mostUnread);
      await this.#pace(some.length + 1);
      for (const { from, bytes } of some) this.#senders[from % this.#senders.length]?.send(bytes, this.#at);
      life = await this.#life(this.#options.silentAfterMs);
    }
    // The sign of life comes by another socket, so what came before it may still wait in theirs.
    await new Promise((resolve) => setImmediate(resolve));
    return { answers: this.#answers.map((heard) => [...heard]), life };
  }

  async recovers(withinMs: number): Promise<boolean> {
    const { revive } = this.#options;
    if (await this.#comesBack(revive === undefined ? withinMs : Math.min(withinMs, patienceMs))) return true;
    if (revive === undefined || this.#bench.signal.aborted) return false;
    await revive();
    return this.#comesBack(withinMs);
  }

  async #comesBack(withinMs: number): Promise<boolean> {
    const { clock, signal } = this.#bench;
    const untilMs = clock.nowMs() + withinMs;
    while (clock.nowMs() <= untilMs && !signal.aborted) {
      if ((await this.#life(Math.min(300, withinMs))) !== "none") return true;
      await clock.sleep(20, signal);
    }
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#lookout, ...this.#senders].map((port) => port.close()));
  }

  async #life(withinMs: number): Promise<Sent["life"]> {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (await this.#answersOnce(withinMs / tries)) return attempt === 0 ? "at once" : "late";
      if (this.#bench.signal.aborted) return "none";
    }
    return "none";
  }

  async #answersOnce(withinMs: number): Promise<boolean> {
    const { bytes, isAnswer } = this.#options.life.ask();
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#seen = (heard) => {
      if (isAnswer(heard)) resolve(true);
    };
    this.#lookout.send(bytes, this.#at);
    const { clock, signal } = this.#bench;
    const late = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => false);
    const answered = await Promise.race([promise, late]);
    over.abort();
    this.#seen = ignore;
    return answered;
  }

  /** Waits until so many datagrams may be sent without going past the allowed rate. */
  async #pace(datagrams: number): Promise<void> {
    const { clock, signal } = this.#bench;
    const { mostPerSecond } = this.#options;
    const nowMs = clock.nowMs();
    const earned = ((nowMs - this.#countedMs) * mostPerSecond) / 1_000;
    this.#countedMs = nowMs;
    this.#allowance = Math.min(burstOf(this.#options), this.#allowance + earned) - datagrams;
    if (this.#allowance >= 0) return;
    await clock.sleep((-this.#allowance * 1_000) / mostPerSecond, signal);
  }
}

const ignore = () => {};

/** A tenth of a second's worth may go out at once. */
function burstOf({ mostPerSecond }: UdpGroundOptions): number {
  return mostPerSecond / 10;
}
