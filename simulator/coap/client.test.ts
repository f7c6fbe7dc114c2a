import { describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf } from "#testing/bench.ts";
import { coapRig, rigServer } from "#testing/coap-rig.ts";
import { VirtualNetwork } from "#testing/virtual-network.ts";
import { blockOption } from "./block.ts";
import { type CoapClientKnobs, openCoapClient } from "./client.ts";
import { code } from "./code.ts";
import { blockField, valueOf } from "./fields.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";

const none = Buffer.alloc(0);
const to = rigServer;

/** A client, and a server that says what the test tells it to. */
function scripted(knobs: Partial<CoapClientKnobs> = {}) {
  const network = new VirtualNetwork();
  const { port, heard } = network.listen(to.host, to.port);
  const abort = new AbortController();
  const bench = { clock: network, random: randomOf(4), signal: abort.signal };
  const client = openCoapClient(network.open("10.0.0.2", 40_000), bench, knobs);
  const requests = () => heard.map(({ bytes }) => decode(bytes)).filter(isMessage);
  return {
    network,
    client,
    abort,
    heard,
    requests,
    last: () => requests().at(-1) ?? emptyRequest,
    say(message: Partial<Message>, from = port) {
      from.send(encode({ ...emptyRequest, ...message }), { host: "10.0.0.2", port: 40_000 });
    },
    get: (path = "a", withinMs = 100_000) => client.request({ to, code: code.get, path, withinMs }),
  };
}

const emptyRequest: Message = { type: 0, code: 0, messageId: 0, token: none, options: [], payload: none };
const reply = ({ messageId, token }: Message, more: Partial<Message> = {}): Partial<Message> => ({
  type: messageType.ack,
  code: code.content,
  messageId,
  token,
  ...more,
});

const challenge = (n: number): Partial<Message> => ({
  code: code.unauthorized,
  options: [option(optionNumber.echo, `echo ${n}`)],
});

/** Answers as a server would that holds `body`, from what is asked. */
async function serve(rig: ReturnType<typeof scripted>, answers: readonly ((asked: Message) => Partial<Message>)[]) {
  for (const answer of answers) {
    await rig.network.pass(5);
    rig.say(reply(rig.last(), answer(rig.last())));
  }
}
const piece = (number: number, more: boolean, text: string, tag = "t1", szx = 0): Partial<Message> => ({
  options: [option(optionNumber.etag, tag), blockOption(optionNumber.block2, { number, more, szx })],
  payload: Buffer.from(text),
});

const said = (number: number, more: boolean, szx: number, answered: number) => () => ({
  code: answered,
  options: [blockOption(optionNumber.block1, { number, more, szx })],
});

const clientOf = (rig: ReturnType<typeof coapRig>, knobs: Partial<CoapClientKnobs> = {}) =>
  openCoapClient(
    rig.network.open("10.0.0.2", 40_000),
    { clock: rig.network, random: randomOf(5), signal: new AbortController().signal },
    knobs,
  );
const askFor = (path: string, more: { readonly code?: number; readonly payload?: Uint8Array } = {}) => ({
  to,
  path,
  code: code.get,
  withinMs: 60_000,
  ...more,
});

describe("a request", () => {
  it("is sent five times at doubling intervals of 2 to 3 s, and then given up", async () => {
    const { network, get, heard } = scripted();
    await expect(network.settle(get())).rejects.toThrow("no answer to 5 transmissions");
    const [gap = 0, ...gaps] = heard.slice(1).map(({ atMs }, at) => atMs - (heard[at]?.atMs ?? 0));
    expect(gap).toBeGreaterThanOrEqual(2_000);
    expect(gap).toBeLessThanOrEqual(3_010);
    for (const [at, each] of gaps.entries()) expect(Math.abs(each - gap * 2 ** (at + 1))).toBeLessThan(50);
    expect(new Set(heard.map(({ bytes }) => bytes.toString("hex"))).size).toBe(1);
    expect(heard).toHaveLength(5);
  });

  it("has a token of four bytes that no other has, and ids one after the other", async () => {
    const { network, client, requests } = scripted({ nstart: 100 });
    for (let n = 0; n < 50; n++) client.request({ to, code: code.get, path: "a", withinMs: 100 }).catch(() => {});
    await network.pass(10);
    expect(new Set(requests().map(({ token }) => Buffer.from(token).toString("hex"))).size).toBe(50);
    expect(requests().every(({ token }) => token.length === 4)).toBe(true);
  });

  it("takes a response from whom it asked only, with its token, and its id where it is an ACK", async () => {
    const rig = scripted();
    const asked = rig.get();
    await rig.network.pass(5);
    const request = rig.last();
    const stranger = rig.network.open("10.0.0.66", 5_683);
    rig.say(reply(request, { payload: Buffer.from("stranger") }), stranger);
    rig.say(reply(request, { token: Buffer.alloc(4), payload: Buffer.from("token") }));
    rig.say(reply(request, { messageId: request.messageId ^ 1, payload: Buffer.from("id") }));
    rig.say(reply(request, { token: none, payload: Buffer.from("empty") }));
    await rig.network.pass(5);
    rig.say(reply(request, { payload: Buffer.from("right") }));
    expect((await rig.network.settle(asked)).payload.toString()).toBe("right");
  });

  it("is refused by a RST, and by nothing else", async () => {
    const rig = scripted();
    const asked = rig.get();
    await rig.network.pass(5);
    rig.say({ type: messageType.rst, messageId: rig.last().messageId });
    await expect(rig.network.settle(asked)).rejects.toBeInstanceOf(Refused);
    const late = rig.get("a", 1_000);
    await expect(rig.network.settle(late)).rejects.not.toBeInstanceOf(Refused);
  });

  it("is not sent again after an empty ACK, and its separate response is acknowledged, also a second time", async () => {
    const rig = scripted();
    const asked = rig.get();
    await rig.network.pass(5);
    const request = rig.last();
    rig.say({ type: messageType.ack, messageId: request.messageId });
    await rig.network.pass(30_000);
    expect(rig.heard).toHaveLength(1);
    const separate = reply(request, { type: messageType.con, messageId: 77, payload: Buffer.from("late") });
    rig.say(separate);
    expect((await rig.network.settle(asked)).payload.toString()).toBe("late");
    rig.say(separate);
    await rig.network.pass(10);
    expect(rig.requests().slice(1)).toMatchObject([
      { type: messageType.ack, messageId: 77, code: 0 },
      { type: messageType.ack, messageId: 77, code: 0 },
    ]);
  });

  it("fails where its response has a critical option that is unknown, and rejects that by RST", async () => {
    const rig = scripted();
    const asked = rig.get();
    await rig.network.pass(5);
    const options = [option(65_001, "x")];
    rig.say(reply(rig.last(), { type: messageType.con, messageId: 9, options }));
    await expect(rig.network.settle(asked)).rejects.toThrow("critical option");
    await rig.network.pass(5);
    expect(rig.last()).toMatchObject({ type: messageType.rst, messageId: 9 });
  });

  it("rejects a CON response that it never asked for, a ping, and a request", async () => {
    const rig = scripted();
    rig.say({ type: messageType.con, code: code.content, messageId: 5, token: Buffer.from("abcd") });
    rig.say({ type: messageType.con, messageId: 6 });
    rig.say({ type: messageType.con, code: code.get, messageId: 7 });
    rig.say({ type: messageType.non, code: code.content, messageId: 8 });
    await rig.network.pass(10);
    expect(rig.requests().map(({ type, messageId }) => [type, messageId])).toEqual([
      [messageType.rst, 5],
      [messageType.rst, 6],
      [messageType.rst, 7],
    ]);
  });

  it("waits for its turn: one at a time to one peer (NSTART)", async () => {
    const rig = scripted();
    const [first, second] = [rig.get("a"), rig.get("b")];
    await rig.network.pass(10);
    expect(rig.heard).toHaveLength(1);
    rig.say(reply(rig.last()));
    await rig.network.settle(first);
    await rig.network.pass(10);
    expect(rig.heard).toHaveLength(2);
    rig.say(reply(rig.last()));
    await rig.network.settle(second);
  });

  it("is sent once as NON, and takes a NON response", async () => {
    const rig = scripted();
    const asked = rig.client.request({ to, code: code.get, path: "a", confirmable: false, withinMs: 100_000 });
    await rig.network.pass(50_000);
    expect(rig.heard).toHaveLength(1);
    rig.say(reply(rig.last(), { type: messageType.non, messageId: 4 }));
    expect(await rig.network.settle(asked)).toMatchObject({ code: code.content });
  });

  it("ends when the stage ends, and when the client is closed", async () => {
    const rig = scripted();
    const asked = rig.get();
    await rig.network.pass(5);
    rig.abort.abort();
    await expect(asked).rejects.toThrow("the bench's stage has ended");
    const other = scripted();
    const open = other.get();
    await other.network.pass(5);
    const [ended] = await Promise.allSettled([open, other.client[Symbol.asyncDispose]()]);
    expect(ended).toMatchObject({ status: "rejected", reason: { message: "the client was closed" } });
  });
});

describe("Echo", () => {
  it("goes back with the same request, and is not asked for more than twice", async () => {
    const rig = scripted();
    const asked = rig.client.request({ to, code: code.put, path: "a", payload: "x", withinMs: 100_000 });
    for (let n = 1; n <= 3; n++) {
      await rig.network.pass(5);
      rig.say(reply(rig.last(), challenge(n)));
    }
    expect(await rig.network.settle(asked)).toMatchObject({ code: code.unauthorized });
    expect(rig.requests().map(({ options }) => valueOf(options, optionNumber.echo)?.toString())).toEqual([
      undefined,
      "echo 1",
      "echo 2",
    ]);
  });
});

describe("blocks", () => {
  it("of another state begin the body anew", async () => {
    const rig = scripted();
    const asked = rig.get();
    await serve(rig, [
      () => piece(0, true, "a".repeat(16)),
      () => piece(1, false, "b", "t2"),
      () => piece(0, true, "c".repeat(16), "t2"),
      () => piece(1, false, "d", "t2"),
    ]);
    expect((await rig.network.settle(asked)).payload.toString()).toBe(`${"c".repeat(16)}d`);
  });

  it("that were not asked for, or are not full, are an error", async () => {
    for (const wrong of [piece(2, false, "x"), piece(1, true, "short")]) {
      const rig = scripted();
      const asked = rig.get();
      const served = serve(rig, [() => piece(0, true, "a".repeat(16)), () => wrong]);
      await expect(rig.network.settle(Promise.all([asked, served]))).rejects.toThrow(/block/);
    }
  });

  it("of a body longer than the client reads are an error", async () => {
    const rig = scripted({ maxBodyBytes: 20 });
    const served = serve(rig, [() => piece(0, true, "a".repeat(16)), () => piece(1, true, "a".repeat(16))]);
    await expect(rig.network.settle(Promise.all([rig.get(), served]))).rejects.toThrow("longer than 20 bytes");
  });

  it("of an upload become smaller where the server says so", async () => {
    const rig = scripted({ blockSize: 64 });
    const body = Buffer.from(Array.from({ length: 100 }, (_, at) => at));
    const asked = rig.client.request({ to, code: code.put, path: "a", payload: body, withinMs: 100_000 });
    await serve(rig, [
      said(0, true, 1, code.continue),
      said(2, true, 1, code.continue),
      said(3, false, 1, code.changed),
    ]);
    expect(await rig.network.settle(asked)).toMatchObject({ code: code.changed });
    expect(Buffer.concat(rig.requests().map(({ payload }) => payload))).toEqual(body);
    expect(rig.requests().map(({ options }) => blockField(options, optionNumber.block1))).toEqual([
      { number: 0, more: true, szx: 2 },
      { number: 2, more: true, szx: 1 },
      { number: 3, more: false, szx: 1 },
    ]);
  });

  it("of an upload begin anew in the size that a 4.13 names", async () => {
    const rig = scripted();
    const asked = rig.client.request({ to, code: code.put, path: "a", payload: "x".repeat(40), withinMs: 100_000 });
    await serve(rig, [
      () => ({
        code: code.requestEntityTooLarge,
        options: [blockOption(optionNumber.block1, { number: 0, more: false, szx: 1 })],
      }),
      () => ({ code: code.continue, options: [blockOption(optionNumber.block1, { number: 0, more: true, szx: 1 })] }),
      () => ({ code: code.changed }),
    ]);
    expect(await rig.network.settle(asked)).toMatchObject({ code: code.changed });
    expect(rig.requests().map(({ payload }) => payload.length)).toEqual([40, 32, 8]);
  });

  it("are asked for in the size that the client wants, from the first request on", async () => {
    const rig = scripted({ blockSize: 32 });
    rig.get().catch(() => {});
    await rig.network.pass(5);
    expect(blockField(rig.last().options, optionNumber.block2)).toEqual({ number: 0, more: false, szx: 1 });
  });
});

describe("with our own server", () => {
  it("a large body goes up and comes back by way of Echo and blocks", async () => {
    const rig = coapRig({ maxRequestsPerSecond: 0 });
    const body = Buffer.from(Array.from({ length: 20_000 }, (_, at) => at % 253));
    const ours = clientOf(rig);
    expect(await rig.network.settle(ours.request(askFor("large", { code: code.put, payload: body })))).toMatchObject({
      code: code.changed,
    });
    expect((await rig.network.settle(ours.request(askFor("large")))).payload.equals(body)).toBe(true);
    // Twenty blocks each way and one challenge: proven once, the address gets the largest blocks.
    expect(rig.server.counts.requests).toBeLessThanOrEqual(42);
  });

  it("an unproven reader gets a body in as few blocks, once it has shown the Echo that came with the first", async () => {
    const rig = coapRig();
    rig.state.set("some/large/log", "x".repeat(5_000));
    const { payload } = await rig.network.settle(clientOf(rig).request(askFor("some/large/log")));
    expect(payload).toHaveLength(5_000);
    expect(rig.server.counts.requests).toBeLessThanOrEqual(6);
  });
});
