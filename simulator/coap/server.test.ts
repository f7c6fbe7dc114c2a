import { describe, expect, it } from "vitest";
import { asks, coapRig, echoIn } from "#testing/coap-rig.ts";
import { blockOption } from "./block.ts";
import { code } from "./code.ts";
import { blockField, observeField, uintField, valueOf } from "./fields.ts";
import { messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";

const open = { freshness: "none", firstResponse: "whole" } as const;
const observe = (value: number) => [option(optionNumber.observe, value)];
const block1 = (number: number, more: boolean, szx: number) => blockOption(optionNumber.block1, { number, more, szx });
const block2 = (number: number, szx: number) => blockOption(optionNumber.block2, { number, more: false, szx });

describe("the message layer", () => {
  it("answers a CON in its ACK, with its token", async () => {
    const rig = coapRig(open);
    rig.state.set("a", "hello");
    const answer = await rig.peer().ask(asks("a", { messageId: 7 }));
    expect(answer).toMatchObject({ type: messageType.ack, code: code.content, messageId: 7 });
    expect([answer.token, answer.payload].map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual([
      "\xaa\xbb\xcc\xdd",
      "hello",
    ]);
  });

  it("answers a NON by a NON with an id of its own", async () => {
    const rig = coapRig(open);
    rig.state.set("a", "hello");
    const answer = await rig.peer().ask(asks("a", { type: 1, messageId: 7 }));
    expect(answer).toMatchObject({ type: messageType.non, code: code.content });
  });

  it("answers a ping by RST", async () => {
    expect(await coapRig().peer().ask("40001234")).toMatchObject({ type: messageType.rst, messageId: 0x1234 });
  });

  it("answers a CON that comes again with the same bytes, and does not carry it out again", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    const post = asks("count", { code: code.post });
    const [first, second] = [await peer.ask(post), await peer.ask(post, 200_000)];
    expect(second).toEqual(first);
    expect(rig.calls).toHaveLength(1);
  });

  it("takes the same id for a new message once its lifetime is over, and from another peer at once", async () => {
    const rig = coapRig(open);
    const post = asks("count", { code: code.post });
    await rig.peer().ask(post);
    await rig.peer("10.0.0.3").ask(post);
    await rig.network.pass(248_000);
    expect(Buffer.from((await rig.peer().ask(post)).payload).toString()).toBe("3");
  });

  it("says nothing to a NON that comes again", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    await peer.ask(asks("count", { type: 1, code: code.post }));
    peer.send(asks("count", { type: 1, code: code.post }));
    expect(await peer.hear()).toEqual([]);
    expect(rig.calls).toHaveLength(1);
  });

  it("rejects a NON with an unknown critical option by RST, and a CON by 4.02", async () => {
    const unknown = [option(65_001, "x")];
    expect(
      await coapRig()
        .peer()
        .ask(asks("a", { type: 1, options: unknown })),
    ).toMatchObject({ type: messageType.rst });
    expect(
      await coapRig()
        .peer()
        .ask(asks("a", { options: unknown })),
    ).toMatchObject({ code: code.badOption });
  });

  it("turns a throw of the handler into 5.00", async () => {
    expect(await coapRig(open).peer().ask(asks("throws"))).toMatchObject({ code: code.internalServerError });
  });

  it("says nothing where the handler says nothing", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    peer.send(asks("silent"));
    expect(await peer.hear(10_000)).toEqual([]);
    expect(rig.calls).toHaveLength(1);
  });
});

describe("separate responses", () => {
  it("acknowledges at once, and sends the response as a CON until it is acknowledged", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    expect(await peer.ask(asks("separate"))).toMatchObject({ type: messageType.ack, code: code.empty, messageId: 1 });
    const [response, again, ...more] = await peer.hear(5_000);
    expect(response).toMatchObject({ type: messageType.con, code: code.content });
    expect(again).toEqual(response);
    expect(more).toEqual([]);
    peer.send({ ...asks(""), type: 2, code: 0, token: Buffer.alloc(0), messageId: response?.messageId ?? 0 });
    expect(await peer.hear(60_000)).toEqual([]);
    expect(rig.server.counts.pendingSeparate).toBe(0);
  });

  it("sends it five times to a peer that never acknowledges, and forgets it then", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    await peer.ask(asks("separate"));
    expect(await peer.hear(100_000)).toHaveLength(5);
    expect(rig.server.counts.pendingSeparate).toBe(0);
  });

  it("acknowledges after half a second where the handler takes longer", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    peer.send(asks("pending"));
    expect(await peer.hear(400)).toEqual([]);
    expect(await peer.hear(200)).toMatchObject([{ type: messageType.ack, code: code.empty }]);
    expect(await peer.hear(2_500)).toMatchObject([{ type: messageType.con, code: code.content }]);
  });

  it("answers a duplicate of what is pending by the empty ACK", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    const [ack] = [await peer.ask(asks("separate"))];
    expect(await peer.ask(asks("separate"))).toEqual(ack);
    expect(rig.calls).toHaveLength(1);
  });

  it("sends a NON request's separate response as one NON", async () => {
    const peer = coapRig(open).peer();
    peer.send(asks("separate", { type: 1 }));
    expect(await peer.hear(30_000)).toMatchObject([{ type: messageType.non, code: code.content }]);
  });
});

describe("blocks of a representation", () => {
  const large = Buffer.from(Array.from({ length: 3_000 }, (_, at) => at % 251));

  it("come with their number, the same tag, and as large as they were asked for", async () => {
    const rig = coapRig(open);
    rig.state.set("large", large);
    const peer = rig.peer();
    const first = await peer.ask(asks("large"));
    const second = await peer.ask(asks("large", { messageId: 2, options: [block2(1, 6)] }));
    const small = await peer.ask(asks("large", { messageId: 3, options: [block2(10, 2)] }));
    expect(first.payload).toEqual(large.subarray(0, 1_024));
    expect(second.payload).toEqual(large.subarray(1_024, 2_048));
    expect(small.payload).toEqual(large.subarray(640, 704));
    expect(blockField(first.options, optionNumber.block2)).toEqual({ number: 0, more: true, szx: 6 });
    const tags = [first, second, small].map(({ options }) => valueOf(options, optionNumber.etag)?.toString("hex"));
    expect(new Set(tags).size).toBe(1);
    rig.state.set("large", Buffer.concat([large, large]));
    const changed = await peer.ask(asks("large", { messageId: 4, options: [block2(2, 6)] }));
    expect(valueOf(changed.options, optionNumber.etag)?.toString("hex")).not.toBe(tags[0]);
  });

  it("do not exist beyond the end", async () => {
    const rig = coapRig(open);
    rig.state.set("large", large);
    expect(await rig.peer().ask(asks("large", { options: [block2(3, 6)] }))).toMatchObject({ code: code.badRequest });
  });

  it("come with the size to who asks for it", async () => {
    const rig = coapRig(open);
    rig.state.set("large", large);
    const answer = await rig.peer().ask(asks("large", { options: [option(optionNumber.size2, 0)] }));
    expect(uintField(answer.options, optionNumber.size2)).toBe(3_000);
  });

  it("are kept for the rest of an answer that is not read anew", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    rig.state.set("large", large);
    await peer.ask(asks("large", { code: code.fetch, payload: "all" }));
    rig.state.set("large", "another");
    const rest = await peer.ask(asks("large", { messageId: 2, code: code.fetch, options: [block2(2, 6)] }));
    expect(rest.payload).toEqual(large.subarray(2_048));
    const strange = await rig.peer("10.0.0.3").ask(asks("large", { code: code.fetch, options: [block2(2, 6)] }));
    expect(strange).toMatchObject({ code: code.requestEntityIncomplete });
  });

  it("give way to 2.03 for who has the representation already", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    rig.state.set("large", large);
    const tag = valueOf((await peer.ask(asks("large"))).options, optionNumber.etag) ?? "";
    const again = await peer.ask(asks("large", { messageId: 2, options: [option(optionNumber.etag, tag)] }));
    expect(again).toMatchObject({ code: code.valid, payload: Buffer.alloc(0) });
  });
});

describe("uploads", () => {
  it("carry out one request with the whole body, and answer every block with its number", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    const first = await peer.ask(asks("a", { code: code.put, payload: "a".repeat(16), options: [block1(0, true, 0)] }));
    const last = await peer.ask(
      asks("a", { messageId: 2, code: code.put, payload: "b", options: [block1(1, false, 0)] }),
    );
    expect(first).toMatchObject({ code: code.continue });
    expect(blockField(first.options, optionNumber.block1)).toEqual({ number: 0, more: true, szx: 0 });
    expect(last).toMatchObject({ code: code.changed });
    expect(rig.calls).toEqual([`3 a ${"a".repeat(16)}b`]);
  });

  it("are refused where they are announced or become longer than a body may be", async () => {
    const rig = coapRig({ ...open, maxBodyBytes: 20 });
    const peer = rig.peer();
    const size1 = [option(optionNumber.size1, 0xffffffff)];
    const announced = await peer.ask(
      asks("a", { code: code.put, payload: "a".repeat(16), options: [block1(0, true, 0), ...size1] }),
    );
    expect(announced).toMatchObject({ code: code.requestEntityTooLarge });
    expect(uintField(announced.options, optionNumber.size1)).toBe(20);
    await peer.ask(asks("a", { messageId: 2, code: code.put, payload: "a".repeat(16), options: [block1(0, true, 0)] }));
    const grown = await peer.ask(
      asks("a", { messageId: 3, code: code.put, payload: "12345", options: [block1(1, false, 0)] }),
    );
    expect(grown).toMatchObject({ code: code.requestEntityTooLarge });
    expect(rig.server.counts.uploads).toBe(0);
  });

  it("take the last block once more, and no other", async () => {
    const rig = coapRig(open);
    const peer = rig.peer();
    const put = (messageId: number, number: number, more: boolean, payload: string) =>
      peer.ask(asks("a", { messageId, code: code.put, payload, options: [block1(number, more, 0)] }));
    await put(1, 0, true, "a".repeat(16));
    await put(2, 1, true, "b".repeat(16));
    expect(await put(3, 1, true, "b".repeat(16))).toMatchObject({ code: code.continue });
    expect(await put(4, 2, false, "c")).toMatchObject({ code: code.changed });
    expect(rig.calls).toEqual([`3 a ${"a".repeat(16)}${"b".repeat(16)}c`]);
  });
});

describe("observers", () => {
  it("are told every state, each with a greater number, until they cancel", async () => {
    const rig = coapRig(open);
    rig.state.set("t", "1");
    const peer = rig.peer();
    const registered = await peer.ask(asks("t", { options: observe(0) }));
    const numbers = [observeField(registered.options) ?? -1];
    for (const value of ["2", "3"]) {
      rig.change("t", value);
      const [told] = await peer.hear();
      expect(told).toMatchObject({ type: messageType.con, payload: Buffer.from(value) });
      numbers.push(observeField(told?.options ?? []) ?? -1);
      peer.send({ ...asks(""), type: 2, code: 0, token: Buffer.alloc(0), messageId: told?.messageId ?? 0 });
      await peer.hear();
    }
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(new Set(numbers).size).toBe(3);
    expect(observeField((await peer.ask(asks("t", { messageId: 2, options: observe(1) }))).options)).toBeUndefined();
    rig.change("t", "4");
    expect(await peer.hear(10_000)).toEqual([]);
  });

  it("are dropped by RST", async () => {
    const rig = coapRig(open);
    rig.state.set("t", "1");
    const peer = rig.peer();
    await peer.ask(asks("t", { options: observe(0) }));
    rig.change("t", "2");
    const [told] = await peer.hear();
    peer.send({ ...asks(""), type: 3, code: 0, token: Buffer.alloc(0), messageId: told?.messageId ?? 0 });
    await peer.hear();
    expect(rig.server.counts.observers).toBe(0);
  });

  it("are told an error once, and nothing after it", async () => {
    const rig = coapRig(open);
    rig.state.set("t", "1");
    const peer = rig.peer();
    await peer.ask(asks("t", { options: observe(0) }));
    rig.state.delete("t");
    rig.server.changed("t");
    const [told] = await peer.hear();
    expect(told).toMatchObject({ code: code.notFound });
    expect(observeField(told?.options ?? [])).toBeUndefined();
    expect(rig.server.counts.observers).toBe(0);
  });

  it("are told 5.00 where the handler throws, and nothing after it", async () => {
    const rig = coapRig(open);
    rig.state.set("fragile", "1");
    const peer = rig.peer();
    await peer.ask(asks("fragile", { options: observe(0) }));
    rig.state.delete("fragile");
    rig.server.changed("fragile");
    expect(await peer.hear()).toMatchObject([{ code: code.internalServerError }]);
    expect(rig.server.counts.observers).toBe(0);
  });

  it("do not come to be where the request failed or the resource cannot be observed", async () => {
    const rig = coapRig(open);
    await rig.peer().ask(asks("missing", { options: observe(0) }));
    await rig.peer("10.0.0.3").ask(asks("separate", { options: observe(0) }));
    expect(rig.server.counts.observers).toBe(0);
  });
});

const change = (messageId: number, payload: string) => asks("a", { messageId, code: code.put, payload });

describe("freshness", () => {
  it("lets a change through only with an Echo that was just given to this peer, and once", async () => {
    const rig = coapRig();
    const peer = rig.peer();
    const challenged = await peer.ask(asks("a", { code: code.put, payload: "x" }));
    expect(challenged).toMatchObject({ code: code.unauthorized });
    const echo = echoIn(challenged);
    const shown = asks("a", { messageId: 2, code: code.put, payload: "x", options: echo });
    expect(await rig.peer("10.0.0.3").ask(shown)).toMatchObject({ code: code.unauthorized });
    expect(await peer.ask(shown)).toMatchObject({ code: code.changed });
    expect(await peer.ask({ ...shown, messageId: 3 })).toMatchObject({ code: code.unauthorized });
    expect(rig.calls).toHaveLength(1);
  });

  it("refuses a request that was held back until a later one had come through", async () => {
    const rig = coapRig();
    const peer = rig.peer();
    const held = {
      ...change(2, "old"),
      options: [...change(2, "").options, ...echoIn(await peer.ask(change(1, "old")))],
    };
    const later = {
      ...change(4, "new"),
      options: [...change(4, "").options, ...echoIn(await peer.ask(change(3, "new")))],
    };
    expect(await peer.ask(later)).toMatchObject({ code: code.changed });
    expect(await peer.ask(held)).toMatchObject({ code: code.unauthorized });
    expect(String(rig.state.get("a"))).toBe("new");
  });

  it("refuses an Echo after five seconds", async () => {
    const rig = coapRig();
    const peer = rig.peer();
    const echo = echoIn(await peer.ask(asks("a", { code: code.put, payload: "x" })));
    await rig.network.pass(5_100);
    const late = await peer.ask(asks("a", { messageId: 2, code: code.put, payload: "x", options: echo }));
    expect(late).toMatchObject({ code: code.unauthorized });
  });

  it("is not asked for within DTLS", async () => {
    const rig = coapRig({}, { identities: { "10.0.0.9": "lamp" } });
    const put = asks("a", { code: code.put, payload: "x" });
    expect(await rig.peer("10.0.0.9").ask(put)).toMatchObject({ code: code.changed });
  });
});
