import { describe, expect, it } from "vitest";
import type { CallOrder } from "#contract/coap.ts";
import { randomOf, VirtualClock } from "#testing/bench.ts";
import { code } from "../coap/code.ts";
import { decode, encode, isMessage, type Message, messageType } from "../coap/message.ts";
import { option, optionNumber } from "../coap/option.ts";
import type { Peer } from "../udp/datagram.ts";
import { CallerExchange } from "./caller-exchange.ts";
import { work } from "./caller-work.ts";
import { coapServerPostures, type DeviceServerKnobs } from "./device-server-knobs.ts";

const server: Peer = { host: "127.0.0.1", port: 5_683 };
const other: Peer = { host: "127.0.0.1", port: 6_666 };

interface Sent extends Message {
  readonly atMs: number;
}

/** A device at work on a virtual clock; the test plays everybody else. */
class Scene {
  readonly clock = new VirtualClock();
  readonly sent: Sent[] = [];
  readonly taken: string[] = [];
  readonly #over = new AbortController();
  readonly #working: Promise<void>;
  #hear: (bytes: Buffer, from: Peer) => void = () => {};
  /** Answers what the device sends, as soon as it is sent. */
  answer: (asked: Message) => void = () => {};

  constructor(
    does: CallOrder["does"],
    knobs: Partial<DeviceServerKnobs> = {},
    answer?: (scene: Scene, asked: Message) => void,
  ) {
    const rules = { ...coapServerPostures.hardened, ...knobs };
    const bench = { clock: this.clock, random: randomOf(5) };
    const { signal } = this.#over;
    const port = {
      local: { host: "127.0.0.1", port: 40_000 },
      send: (bytes: Uint8Array) => this.#note(Buffer.from(bytes)),
      hear: (listener: (bytes: Buffer, from: Peer) => void) => {
        this.#hear = listener;
      },
      close: async () => {},
    };
    if (answer !== undefined) this.answer = (asked) => answer(this, asked);
    const exchange = new CallerExchange({ port, to: server, isSession: false }, bench, rules, signal);
    const take = (payload: string) => void this.taken.push(payload);
    this.#working = work(does, { bench, exchange, rules, path: "time", isSession: false, signal, take });
  }

  get requests(): readonly Sent[] {
    return this.sent.filter(({ code: asked }) => asked !== code.empty);
  }

  say(message: Partial<Message> & Pick<Message, "token">, from = server): void {
    const plain = {
      type: messageType.ack,
      code: code.content,
      messageId: 0,
      options: [],
      payload: Buffer.from("good"),
    };
    this.#hear(encode({ ...plain, ...message }), from);
  }

  async after(ms: number): Promise<void> {
    await this.clock.sleep(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#working;
  }

  #note(bytes: Buffer): void {
    const message = decode(bytes);
    if (!isMessage(message)) throw new Error("the device sent no message");
    this.sent.push({ ...message, atMs: this.clock.nowMs() });
    if (message.code !== code.empty) this.answer(message);
  }
}

const piggybacked = (scene: Scene, { token, messageId }: Message) => scene.say({ token, messageId });
const gapsOf = (sent: readonly Sent[]) => sent.slice(1).map(({ atMs }, at) => (atMs - (sent[at]?.atMs ?? 0)) / 1_000);

describe("a calling device", () => {
  it("reads once a second, and takes what it is answered", async () => {
    await using scene = new Scene("read", {}, piggybacked);
    await scene.after(3_500);
    expect(scene.taken).toEqual(["good", "good", "good", "good"]);
    expect(gapsOf(scene.requests)).toEqual([1, 1, 1]);
  });

  it("reports a reading once a second", async () => {
    await using scene = new Scene("report", {}, piggybacked);
    await scene.after(2_500);
    expect(scene.requests.map((each) => [each.code, each.payload.toString()])).toEqual([
      [code.put, "1"],
      [code.put, "2"],
      [code.put, "3"],
    ]);
  });

  it("acknowledges a separate response, and rejects one that it did not ask for", async () => {
    await using scene = new Scene("read");
    const [asked] = scene.requests;
    scene.say({ code: code.empty, messageId: asked?.messageId ?? 0, token: Buffer.alloc(0), payload: Buffer.alloc(0) });
    scene.say({ type: messageType.con, messageId: 9, token: asked?.token ?? Buffer.alloc(0) });
    scene.say({ type: messageType.con, messageId: 10, token: Buffer.of(1, 2, 3, 4, 5, 6, 7, 8) });
    await scene.after(100);
    expect(scene.taken).toEqual(["good"]);
    expect(scene.sent.slice(1).map(({ type, messageId }) => [type, messageId])).toEqual([
      [messageType.ack, 9],
      [messageType.rst, 10],
    ]);
  });

  it("registers again where an observation has fallen silent, and not before", async () => {
    await using scene = new Scene("observe");
    const [first] = scene.requests;
    const options = [option(optionNumber.observe, 1), option(optionNumber.maxAge, 10)];
    scene.say({ token: first?.token ?? Buffer.alloc(0), messageId: first?.messageId ?? 0, options });
    await scene.after(14_000);
    expect(scene.requests).toHaveLength(1);
    await scene.after(13_000);
    expect(scene.requests.at(-1)?.options.some(({ number }) => number === optionNumber.observe)).toBe(true);
    expect(scene.requests.length).toBeGreaterThan(1);
  });
});

async function tokens(callerTokens: "random" | "short") {
  await using scene = new Scene("read", { callerTokens }, piggybacked);
  await scene.after(3_500);
  return scene.requests.map(({ token }) => Buffer.from(token).toString("hex"));
}

/** What a device takes of three forged responses. */
async function takenWith(callerMatching: "endpoint-and-token" | "token-only") {
  await using scene = new Scene("read", { callerMatching });
  const [asked] = scene.requests;
  const token = asked?.token ?? Buffer.alloc(0);
  scene.say({ token: Buffer.alloc(0), payload: Buffer.from("no token") }, other);
  scene.say({ token, messageId: asked?.messageId ?? 0, payload: Buffer.from("other port") }, other);
  await scene.after(50);
  scene.say({ token, messageId: ((asked?.messageId ?? 0) + 1) & 0xffff, payload: Buffer.from("other id") });
  await scene.after(50);
  return scene.taken;
}

/** What a device takes of notifications in a bad order. */
async function takenOf(callerFreshness: "checked" | "off") {
  await using scene = new Scene("observe", { callerFreshness });
  const [asked] = scene.requests;
  const notify = (sequence: number, messageId: number, text: string) =>
    scene.say({
      type: messageType.con,
      token: asked?.token ?? Buffer.alloc(0),
      messageId,
      options: [option(optionNumber.observe, sequence), option(optionNumber.maxAge, 200)],
      payload: Buffer.from(text),
    });
  notify(0xff_fffe, 1, "first");
  await scene.after(10);
  notify(2, 2, "after the turn");
  notify(2, 2, "again");
  notify(1, 3, "older");
  await scene.after(129_000);
  notify(0, 4, "long after");
  return scene.taken;
}

describe("the knob", () => {
  it("callerTokens makes tokens long and random, or one byte that counts", async () => {
    const random = await tokens("random");
    expect(new Set(random.filter((token) => token.length === 16)).size).toBe(4);
    expect(await tokens("short")).toEqual(["01", "02", "03", "04"]);
  });

  it("callerMatching decides whether a response counts from anywhere", async () => {
    expect(await takenWith("endpoint-and-token")).toEqual([]);
    expect(await takenWith("token-only")).toEqual(["other port"]);
  });

  it("callerFreshness decides whether old and repeated notifications count", async () => {
    expect(await takenOf("checked")).toEqual(["first", "after the turn", "long after"]);
    expect(await takenOf("off")).toEqual(["first", "after the turn", "again", "older", "long after"]);
  });

  it("callerRetries backs off from a server that is silent, one question at a time", async () => {
    await using scene = new Scene("read");
    await scene.after(300_000);
    const ids = Map.groupBy(scene.requests, ({ messageId }) => messageId);
    const [first = [], second = []] = ids.values();
    const [gap = 0, ...more] = gapsOf(first);
    expect(first).toHaveLength(5);
    expect(gap).toBeGreaterThanOrEqual(2);
    expect(gap).toBeLessThanOrEqual(3);
    for (const [at, each] of more.entries()) expect(each).toBeCloseTo(gap * 2 ** (at + 1), 1);
    const pause = (second[0]?.atMs ?? 0) - (first.at(-1)?.atMs ?? 0);
    expect(pause).toBeGreaterThanOrEqual(gap * 16_000 + 4_900);
  });

  it("callerRetries, where it is constant, never waits, and asks the next thing beside the last", async () => {
    await using scene = new Scene("read", { callerRetries: "constant" });
    await scene.after(5_100);
    const ids = [...Map.groupBy(scene.requests, ({ messageId }) => messageId).values()];
    expect(gapsOf(ids[0] ?? [])).toEqual(Array(10).fill(0.5));
    expect(ids.map(([first]) => first?.atMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  it.each([
    [code.serviceUnavailable, "heeds", [0, 30]],
    [code.tooManyRequests, "heeds", [0, 30]],
    [code.serviceUnavailable, "ignores", [0, 1, 2, 3]],
  ] as const)("callerOverload: after %s a device that %s asks at %s", async (answered, callerOverload, at) => {
    const busy = (scene: Scene, { token, messageId }: Message) =>
      scene.say({ token, messageId, code: answered, options: [option(optionNumber.maxAge, 30)] });
    await using scene = new Scene("read", { callerOverload }, busy);
    await scene.after(callerOverload === "heeds" ? 30_500 : 3_500);
    expect(scene.requests.map(({ atMs }) => atMs / 1_000)).toEqual(at);
    expect(scene.taken).toEqual([]);
  });
});
