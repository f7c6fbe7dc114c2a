import { describe, expect, it } from "vitest";
import { asks, coapRig, echoIn } from "#testing/coap-rig.ts";
import { blockOption } from "./block.ts";
import { code } from "./code.ts";
import { blockField, observeField } from "./fields.ts";
import { HeldBodies } from "./held-bodies.ts";
import { encode, type Message, messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";
import { hardenedServer, weakServer } from "./server-knobs.ts";

const observe = (value: number) => [option(optionNumber.observe, value)];
const block1 = (number: number, more: boolean, szx = 0) => blockOption(optionNumber.block1, { number, more, szx });
const block2 = (number: number, szx: number) => blockOption(optionNumber.block2, { number, more: false, szx });
const text = (message: Message | undefined) => Buffer.from(message?.payload ?? []).toString();
const quiet = { freshness: "none", firstResponse: "whole" } as const;

const size = (message: Message) => encode(message).length;

/** An empty answer to what the server has sent. */
const empty = (type: 2 | 3, { messageId }: Pick<Message, "messageId">): Message => ({
  type,
  code: code.empty,
  messageId,
  token: Buffer.alloc(0),
  options: [],
  payload: Buffer.alloc(0),
});

describe("messageParsing", () => {
  // A token length of 9, an option that reaches past the end, an unknown critical option, a GET inside a RST.
  it.each(["49011234313233343536373839", "40011234b5616263", "40011234e1fcdc78", "70011234"])(
    "strict carries %s not out, lenient does",
    async (hex) => {
      const [strict, lenient] = [coapRig(quiet), coapRig({ ...quiet, messageParsing: "lenient" })];
      for (const rig of [strict, lenient]) {
        rig.peer().send(hex);
        await rig.network.pass(10);
      }
      expect([strict.calls.length, lenient.calls.length]).toEqual([0, 1]);
    },
  );
});

describe("foreignDatagrams", () => {
  it("are met with silence, or with 5.00 and a text that is longer than they are", async () => {
    for (const hex of ["40", "80011234"]) {
      const silent = coapRig().peer();
      silent.send(hex);
      expect(await silent.hear()).toEqual([]);
      const answer = await coapRig({ foreignDatagrams: "answered" }).peer().ask(hex);
      expect(answer).toMatchObject({ type: messageType.non, code: code.internalServerError });
      expect(answer.payload.length).toBeGreaterThan(60);
    }
  });
});

describe("deduplication", () => {
  it("carries a CON out once, or as often as it comes", async () => {
    for (const [deduplication, times] of [
      ["on", 1],
      ["off", 3],
    ] as const) {
      const rig = coapRig({ ...quiet, deduplication });
      for (let n = 0; n < 3; n++) await rig.peer().ask(asks("count", { code: code.post }));
      expect(rig.calls).toHaveLength(times);
    }
  });
});

describe("maxRememberedIds", () => {
  it("forgets the oldest id for a new one, or remembers all", async () => {
    for (const [maxRememberedIds, remembered, times] of [
      [10, 10, 2],
      [0, 20, 1],
    ] as const) {
      const rig = coapRig({ ...quiet, maxRememberedIds });
      const peer = rig.peer();
      for (let messageId = 1; messageId <= 20; messageId++)
        await peer.ask(asks("count", { messageId, code: code.post }));
      expect(rig.server.counts.rememberedIds).toBe(remembered);
      await peer.ask(asks("count", { messageId: 1, code: code.post }));
      expect(rig.calls).toHaveLength(19 + times);
    }
  });
});

describe("freshness", () => {
  it("lets a first change through with an Echo only, or as it comes", async () => {
    const put = asks("a", { code: code.put, payload: "x" });
    expect(await coapRig().peer().ask(put)).toMatchObject({ code: code.unauthorized });
    expect(await coapRig({ freshness: "none" }).peer().ask(put)).toMatchObject({ code: code.changed });
  });
});

describe("firstResponse", () => {
  it("is no longer than three times the request until the address is proven, or whole", async () => {
    const request = asks("large/log");
    const bounded = coapRig();
    bounded.state.set("large/log", "x".repeat(500));
    const peer = bounded.peer();
    const first = await peer.ask(request);
    expect(size(first)).toBeLessThanOrEqual(3 * size(request));
    expect(blockField(first.options, optionNumber.block2)).toMatchObject({ number: 0, more: true });
    const proven = await peer.ask(asks("large/log", { messageId: 2, options: echoIn(first) }));
    expect(text(proven)).toHaveLength(500);

    const whole = coapRig({ firstResponse: "whole" });
    whole.state.set("large/log", "x".repeat(500));
    expect(text(await whole.peer().ask(request))).toHaveLength(500);
  });

  it("leaves out the text of an error that would be longer", async () => {
    const [bounded, whole] = [coapRig(), coapRig({ firstResponse: "whole" })];
    expect(text(await bounded.peer().ask("40011234"))).toBe("");
    expect(text(await whole.peer().ask("40011234"))).toBe("no such thing");
  });

  it("is whole for who came through DTLS", async () => {
    const rig = coapRig({}, { identities: { "10.0.0.9": "lamp" } });
    rig.state.set("large/log", "x".repeat(500));
    expect(text(await rig.peer("10.0.0.9").ask(asks("large/log")))).toHaveLength(500);
  });
});

describe("maxRequestsPerSecond", () => {
  it("tells the first request too many of an address 4.29, drops the rest of the second, and serves others", async () => {
    const rig = coapRig({ maxRequestsPerSecond: 5 });
    rig.state.set("a", "x");
    const peer = rig.peer();
    for (let messageId = 1; messageId <= 10; messageId++) peer.send(asks("a", { messageId }));
    const answers = await peer.hear();
    expect(answers.map((answer) => answer.code)).toEqual([...Array(5).fill(code.content), code.tooManyRequests]);
    expect(await rig.peer("10.0.0.3").ask(asks("a"))).toMatchObject({ code: code.content });
    await rig.network.pass(1_000);
    expect(await peer.ask(asks("a", { messageId: 20 }))).toMatchObject({ code: code.content });
  });

  it("serves all without a limit", async () => {
    const peer = coapRig({ maxRequestsPerSecond: 0 }).peer();
    for (let messageId = 1; messageId <= 2_000; messageId++) peer.send(asks("a", { messageId }));
    expect(await peer.hear()).toHaveLength(2_000);
  });
});

describe("maxObservers and maxObserversPerPeer", () => {
  it("give no Observe option beyond them, and all without a limit", async () => {
    for (const [knobs, most] of [
      [{ maxObserversPerPeer: 2 }, 2],
      [{ maxObserversPerPeer: 0, maxObservers: 4 }, 3],
      [{ maxObserversPerPeer: 0, maxObservers: 0 }, 6],
    ] as const) {
      const rig = coapRig({ ...quiet, ...knobs });
      rig.state.set("t", "1");
      const peer = rig.peer();
      const given: boolean[] = [];
      for (let messageId = 1; messageId <= 6; messageId++) {
        const answer = await peer.ask(asks("t", { messageId, token: `0000000${messageId}`, options: observe(0) }));
        given.push(observeField(answer.options) !== undefined);
      }
      expect(given.filter(Boolean)).toHaveLength(most);
      expect(rig.server.counts.observers).toBe(most);
    }
  });

  it("keeps a quarter for those who have shown who they are", async () => {
    const rig = coapRig({ maxObservers: 4, maxObserversPerPeer: 0 }, { identities: { "10.0.0.9": "lamp" } });
    rig.state.set("t", "1");
    for (let port = 1; port <= 6; port++) await rig.peer("10.0.0.2", port).ask(asks("t", { options: observe(0) }));
    expect(observeField((await rig.peer("10.0.0.9").ask(asks("t", { options: observe(0) }))).options)).toBeDefined();
  });
});

describe("silentObservers", () => {
  it("get one notification five times and are dropped, or NON notifications for ever", async () => {
    for (const [silentObservers, atMost, left] of [
      ["dropped", 5, 0],
      ["kept", 150, 1],
    ] as const) {
      const rig = coapRig({ ...quiet, silentObservers });
      rig.state.set("t", "0");
      const peer = rig.peer();
      await peer.ask(asks("t", { options: observe(0) }));
      await peer.hear();
      for (let second = 1; second <= 120; second++) {
        rig.change("t", String(second));
        await rig.network.pass(1_000);
      }
      const told = await peer.hear();
      expect(told.length).toBeLessThanOrEqual(atMost);
      expect(told.length).toBeGreaterThanOrEqual(left * 100);
      expect(rig.server.counts.observers).toBe(left);
    }
  });
});

describe("observerKey", () => {
  it("lets a token cancel only its own endpoint's observation, or anybody's", async () => {
    for (const [observerKey, left] of [
      ["endpoint-and-token", 1],
      ["token", 0],
    ] as const) {
      const rig = coapRig({ ...quiet, observerKey });
      rig.state.set("t", "1");
      await rig.peer().ask(asks("t", { options: observe(0) }));
      await rig.peer("10.0.0.3").ask(asks("t", { options: observe(1) }));
      expect(rig.server.counts.observers).toBe(left);
    }
  });
});

describe("resetMatching", () => {
  it("takes a RST from the endpoint that was told only, or from anybody who knows the id", async () => {
    for (const [resetMatching, left] of [
      ["endpoint", 1],
      ["message-id", 0],
    ] as const) {
      const rig = coapRig({ ...quiet, resetMatching });
      rig.state.set("t", "1");
      const peer = rig.peer();
      await peer.ask(asks("t", { options: observe(0) }));
      await peer.hear();
      rig.change("t", "2");
      const [told] = await peer.hear();
      rig.peer("10.0.0.3").send(empty(3, told ?? { messageId: 0 }));
      await rig.network.pass(10);
      expect(rig.server.counts.observers).toBe(left);
    }
  });
});

describe("messageIds", () => {
  it("of notifications follow one another, or not", async () => {
    for (const [messageIds, steps] of [
      ["random", 0],
      ["sequential", 5],
    ] as const) {
      const rig = coapRig({ ...quiet, messageIds });
      rig.state.set("t", "0");
      const peer = rig.peer();
      await peer.ask(asks("t", { options: observe(0) }));
      await peer.hear();
      const ids: number[] = [];
      for (let n = 0; n < 6; n++) {
        rig.change("t", String(n));
        const [told] = await peer.hear();
        ids.push(told?.messageId ?? 0);
        peer.send(empty(2, told ?? { messageId: 0 }));
        await peer.hear();
      }
      expect(ids.slice(1).filter((id, at) => id === ((ids[at] ?? 0) + 1) % 0x10000)).toHaveLength(steps);
    }
  });
});

describe("notifications", () => {
  it("are one at a time and the newest next, or one for every change", async () => {
    for (const [notifications, expected] of [
      ["limited", ["1"]],
      ["every-change", ["1", "2", "3"]],
    ] as const) {
      const rig = coapRig({ ...quiet, notifications });
      rig.state.set("t", "0");
      const peer = rig.peer();
      await peer.ask(asks("t", { options: observe(0) }));
      await peer.hear();
      const told: Message[] = [];
      for (const value of ["1", "2", "3"]) {
        rig.change("t", value);
        told.push(...(await peer.hear()));
      }
      expect(told.map(text)).toEqual(expected);
      for (const each of told) peer.send(empty(2, each));
      expect((await peer.hear()).map(text)).toEqual(notifications === "limited" ? ["3"] : []);
    }
  });
});

describe("maxPendingSeparate", () => {
  it("answers 5.03 beyond it, or lets all wait", async () => {
    for (const [maxPendingSeparate, pending] of [
      [3, 3],
      [0, 8],
    ] as const) {
      const rig = coapRig({ ...quiet, maxPendingSeparate });
      const peer = rig.peer();
      for (let messageId = 1; messageId <= 8; messageId++) peer.send(asks("separate", { messageId }));
      const answers = await peer.hear();
      expect(answers.filter((answer) => answer.code === code.empty)).toHaveLength(pending);
      expect(answers.filter((answer) => answer.code === code.serviceUnavailable)).toHaveLength(8 - pending);
      expect(rig.server.counts.pendingSeparate).toBe(pending);
    }
  });
});

const begin = (n: number) =>
  asks(`up/${n}`, { messageId: n, code: code.put, payload: "x".repeat(16), options: [block1(0, true)] });

describe("uploads", () => {
  it("are refused beyond maxUploads, until one was idle for two seconds; without a limit none is", async () => {
    const rig = coapRig({ ...quiet, maxUploads: 8 });
    const answers: number[] = [];
    for (let n = 1; n <= 9; n++) answers.push((await rig.peer(`10.0.1.${n}`).ask(begin(n))).code);
    expect(answers).toEqual([...Array(8).fill(code.continue), code.serviceUnavailable]);
    await rig.network.pass(2_100);
    expect(await rig.peer("10.0.1.10").ask(begin(10))).toMatchObject({ code: code.continue });

    const unlimited = coapRig({ ...quiet, maxUploads: 0 });
    const peer = unlimited.peer();
    for (let n = 1; n <= 200; n++) await peer.ask(begin(n));
    expect(unlimited.server.counts.uploads).toBe(200);
  });

  it("of one source take an eighth of the places at most", async () => {
    const rig = coapRig({ ...quiet, maxUploads: 16 });
    const peer = rig.peer();
    const answers: number[] = [];
    for (let n = 1; n <= 3; n++) answers.push((await peer.ask(begin(n))).code);
    expect(answers).toEqual([code.continue, code.continue, code.serviceUnavailable]);
  });

  it("are forgotten after uploadTimeoutMs, or never", async () => {
    for (const [uploadTimeoutMs, left] of [
      [5_000, 0],
      [0, 1],
    ] as const) {
      const rig = coapRig({ ...quiet, uploadTimeoutMs });
      await rig.peer().ask(begin(1));
      await rig.network.pass(60_000);
      expect(rig.server.counts.uploads).toBe(left);
    }
  });

  it("are no longer than maxBodyBytes, or of any length", async () => {
    for (const [maxBodyBytes, expected] of [
      [64, code.requestEntityTooLarge],
      [0, code.changed],
    ] as const) {
      const rig = coapRig({ ...quiet, maxBodyBytes });
      const peer = rig.peer();
      let answered = 0;
      for (let n = 0; n < 6; n++) {
        const options = [block1(n, n < 5)];
        answered = (await peer.ask(asks("a", { messageId: n, code: code.put, payload: "x".repeat(16), options }))).code;
        if (answered !== code.continue) break;
      }
      expect(answered).toBe(expected);
    }
  });
});

describe("blockOrder", () => {
  const sequences = {
    "a gap": [block1(0, true), block1(2, false)],
    "a middle without a beginning": [block1(5, false)],
    "the greatest number first": [block1(0xfffff, false, 6)],
    "another size on the way": [block1(0, true), block1(1, true, 0), block1(1, false, 1)],
  };
  it.each(Object.entries(sequences))("strict refuses %s with 4.08, lenient makes a body of it", async (_, blocks) => {
    for (const [blockOrder, expected, times] of [
      ["strict", code.requestEntityIncomplete, 0],
      ["lenient", code.changed, 1],
    ] as const) {
      const rig = coapRig({ ...quiet, blockOrder });
      const peer = rig.peer();
      let answered = 0;
      for (const [messageId, block] of blocks.entries()) {
        answered = (await peer.ask(asks("a", { messageId, code: code.put, payload: "x".repeat(16), options: [block] })))
          .code;
      }
      expect(answered).toBe(expected);
      expect(rig.calls).toHaveLength(times);
    }
  });

  it("strict refuses other content in a block that came before, and a short one that is not the last", async () => {
    const rig = coapRig(quiet);
    const peer = rig.peer();
    const put = (messageId: number, number: number, payload: string) =>
      peer.ask(asks("a", { messageId, code: code.put, payload, options: [block1(number, true)] }));
    await put(1, 0, "a".repeat(16));
    await put(2, 1, "b".repeat(16));
    expect(await put(3, 1, "c".repeat(16))).toMatchObject({ code: code.requestEntityIncomplete });
    expect(await put(4, 0, "short")).toMatchObject({ code: code.badRequest });
  });
});

describe("uploadKey", () => {
  it("keeps the bodies of two clients apart, or mixes them", async () => {
    for (const [uploadKey, expected, stored] of [
      ["endpoint-and-tag", code.requestEntityIncomplete, undefined],
      ["path", code.changed, `${"a".repeat(16)}bbbb`],
    ] as const) {
      const rig = coapRig({ ...quiet, uploadKey });
      const put = { code: code.put };
      await rig.peer().ask(asks("a", { ...put, payload: "a".repeat(16), options: [block1(0, true)] }));
      const other = await rig.peer("10.0.0.3").ask(asks("a", { ...put, payload: "bbbb", options: [block1(1, false)] }));
      expect(other).toMatchObject({ code: expected });
      expect(rig.state.get("a")?.toString()).toBe(stored);
    }
  });
});

describe("blockAccess", () => {
  it("is checked for every block, or not after the first", async () => {
    for (const [blockAccess, expected] of [
      ["every-block", code.unauthorized],
      ["first-block", code.content],
    ] as const) {
      const rig = coapRig({ ...quiet, blockAccess }, { identities: { "10.0.0.9": "operator" } });
      rig.state.set("secret", "x".repeat(2_000));
      expect(await rig.peer("10.0.0.9").ask(asks("secret"))).toMatchObject({ code: code.content });
      const stranger = rig.peer();
      expect(await stranger.ask(asks("secret"))).toMatchObject({ code: code.unauthorized });
      expect(await stranger.ask(asks("secret", { messageId: 2, options: [block2(1, 6)] }))).toMatchObject({
        code: expected,
      });
    }
  });

  it("forgets what it holds after a minute", async () => {
    const { network } = coapRig();
    const held = new HeldBodies({ clock: network });
    held.keep("a", { code: code.content, options: [], body: Buffer.from("x") });
    expect(held.find("a")).toBeDefined();
    await network.pass(60_000);
    expect(held.find("a")).toBeUndefined();
  });
});

describe("multicast", () => {
  const at = { host: "224.0.1.187", port: 5683 };
  const group = (multicast: "careful" | "careless") => {
    const rig = coapRig({ ...quiet, multicast }, { at });
    rig.state.set("a", "here");
    return rig;
  };

  it("is answered within Leisure, or at once", async () => {
    const careful = Array.from({ length: 5 }, (_, n) => n).map(async (n) => {
      const rig = group("careful");
      const peer = rig.peer();
      for (let before = 0; before < n; before++) peer.send(asks("a", { type: 1, messageId: before }));
      peer.send(asks("a", { type: 1, messageId: 99 }));
      await peer.hear(6_000);
      return peer.heard.at(-1)?.atMs ?? 0;
    });
    const times = await Promise.all(careful);
    expect(Math.max(...times)).toBeGreaterThan(500);
    expect(Math.max(...times)).toBeLessThan(5_100);
    expect(
      text(
        await group("careless")
          .peer()
          .ask(asks("a", { type: 1 })),
      ),
    ).toBe("here");
  });

  it("is answered at leisure also where the answer takes its time, and not separately", async () => {
    for (const path of ["pending", "separate"]) {
      const rig = group("careful");
      const peer = rig.peer();
      peer.send(asks(path, { type: 1 }));
      expect(await peer.hear(9_000)).toMatchObject([{ type: messageType.non, code: code.content }]);
      expect(rig.server.counts.pendingSeparate).toBe(0);
    }
  });

  it.each([
    ["an error", asks("missing", { type: 1 }), "careless"],
    ["a CON", asks("a"), "careless"],
    ["a change", asks("a", { type: 1, code: code.put, payload: "x" }), "careless"],
    ["a malformed CON", "49011234313233343536373839", "careless"],
  ] as const)("carefully gets no answer for %s, carelessly one", async (_, message, careless) => {
    const rig = group("careful");
    const peer = rig.peer();
    peer.send(message);
    expect(await peer.hear(6_000)).toEqual([]);
    expect(rig.state.get("a")).toBe("here");
    const other = group(careless).peer();
    other.send(message);
    expect(await other.hear(6_000)).toHaveLength(1);
  });
});

it("is weaker in every knob in weakServer", () => {
  const same = Object.entries(hardenedServer).filter(([knob, value]) =>
    Object.entries(weakServer).some(([name, weak]) => name === knob && weak === value),
  );
  expect(same).toEqual([]);
});
