import { array, assert, constant, nat, oneof, property, subarray } from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf } from "#testing/bench.ts";
import { TimerWheel } from "../fleet/timer-wheel.ts";
import type { LeanSession, LeanSessionListener } from "../mqtt/lean-session.ts";
import type { Peer } from "../udp/datagram.ts";
import { MemoryNetwork } from "../udp/memory-network.ts";
import { code, codeOf, codeText } from "./code.ts";
import { blockField, observeField, roughTextsOf, valueOf } from "./fields.ts";
import { openLeanDevice } from "./lean-device.ts";
import type { LeanManner } from "./lean-device-request.ts";
import { LeanSocket } from "./lean-device-socket.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import { type Option, option, optionNumber } from "./option.ts";

/** Writes down what a session tells. */
class Diary implements LeanSessionListener {
  readonly lines: string[] = [];
  onConnected(): void {
    this.lines.push("connected");
  }
  onRefused(why: string): void {
    this.lines.push(`refused ${why}`);
  }
  onEnded(why: string): void {
    this.lines.push(`ended ${why}`);
  }
  onMessage(topic: string, payload: Buffer, retain: boolean, duplicate: boolean): void {
    const how = `${retain ? " retained" : ""}${duplicate ? " duplicate" : ""}`;
    this.lines.push(`message ${topic} ${payload.toString()}${how}`);
  }
  onAcknowledged(token: number): void {
    this.lines.push(`acknowledged ${token}`);
  }
  onSubscribed(granted: boolean): void {
    this.lines.push(`subscribed ${granted}`);
  }
}

type Answer = {
  readonly code: string;
  readonly options?: readonly Option[];
  readonly payload?: string;
  readonly separate?: true;
};

const server: Peer = { host: "10.0.0.1", port: 5683 };
const client: Peer = { host: "10.0.0.2", port: 40_000 };
const created: Answer = {
  code: "2.01",
  options: [option(optionNumber.locationPath, "rd"), option(optionNumber.locationPath, "a7")],
};

let network: MemoryNetwork;
let wheel: TimerWheel;
let diary: Diary;
/** What the server heard, the type first: `CON PUT a/b x`. */
let heard: string[];
let messages: Message[];
/** What the server answers, by `METHOD path`; nothing where there is no answer. */
let answers: { [request: string]: Answer | Answer[] };
let isDead: boolean;
let socket: LeanSocket;
let say: (message: Partial<Message>) => void;

beforeEach(() => {
  network = new MemoryNetwork();
  wheel = new TimerWheel(0);
  diary = new Diary();
  heard = [];
  messages = [];
  answers = { "POST rd": created };
  isDead = false;
  const port = network.open(server);
  let serverId = 9_000;
  say = (message) =>
    port.send(
      encode({
        type: messageType.con,
        code: 0,
        messageId: serverId++,
        token: none,
        options: [],
        payload: none,
        ...message,
      }),
      client,
    );
  port.hear((bytes) => {
    const message = decode(bytes);
    if (isDead || !isMessage(message)) return;
    messages.push(message);
    const name = nameOf(message);
    heard.push(name);
    const [, request = ""] = /^(?:CON|NON) (\S+ [^ ?]*)/.exec(name) ?? [];
    const answer = nextAnswer(request);
    if (answer === undefined) return;
    const { token, messageId } = message;
    const reply = {
      code: codeOf(answer.code),
      token,
      options: answer.options ?? [],
      payload: Buffer.from(answer.payload ?? ""),
    };
    if (message.type === messageType.non) say({ type: messageType.non, ...reply });
    else if (answer.separate === undefined) say({ type: messageType.ack, messageId, ...reply });
    else {
      say({ type: messageType.ack, messageId });
      say({ type: messageType.con, ...reply });
    }
  });
  socket = new LeanSocket(network.open(client), server, randomOf(3), () => wheel.nowMs, "shared");
});

function nextAnswer(request: string): Answer | undefined {
  const given = answers[request];
  return Array.isArray(given) ? given.shift() : given;
}

const more = (szx: number): Answer => ({ code: "2.31", options: [option(optionNumber.block1, szx)] });

const observed = (observe: number, payload: string): Answer => ({
  code: "2.05",
  options: [option(optionNumber.observe, observe)],
  payload,
});

/** A question of the server to the device. */
const ask = (method: number, path: string) =>
  say({
    code: method,
    token: Buffer.from("t"),
    options: path.split("/").map((segment) => option(optionNumber.uriPath, segment)),
  });

/** A notification with the token of the last request that was heard. */
const notify = (observe: number, payload: string) =>
  say({
    code: code.content,
    token: messages.at(-1)?.token ?? none,
    options: [option(optionNumber.observe, observe)],
    payload: Buffer.from(payload),
  });

const none = Buffer.alloc(0);
const methods = ["", "GET", "POST", "PUT", "DELETE"];

function nameOf({ type, code: said, options, payload }: Message): string {
  const kind = ["CON", "NON", "ACK", "RST"][type];
  if (said === 0) return String(kind);
  const query = roughTextsOf(options, optionNumber.uriQuery).join("&");
  const path = roughTextsOf(options, optionNumber.uriPath).join("/") + (query && `?${query}`);
  const observe = observeField(options);
  const marks = observe === undefined ? "" : ` observe=${observe}`;
  return `${kind} ${methods[said] ?? codeText(said)} ${path}${payload.length > 0 ? ` ${payload.toString()}` : ""}${marks}`;
}

/** Lets what was promised come true. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function open(manner: Partial<LeanManner> = {}, endpoint = "lamp-1"): LeanSession {
  const whole = { directory: "rd", parameters: ["et=light"], links: "", keepAliveS: 20, ...manner };
  return openLeanDevice(socket, { endpoint, manner: whole, random: randomOf(5) }, diary, wheel);
}

/** Lets so much time pass, in steps of 10 ms. */
function pass(ms: number): void {
  for (const untilMs = wheel.nowMs + ms; wheel.nowMs < untilMs; ) {
    wheel.advance(wheel.nowMs + 10);
    network.advance(wheel.nowMs);
  }
}

function opened(manner: Partial<LeanManner> = {}): LeanSession {
  const session = open(manner);
  pass(20);
  expect(diary.lines).toEqual(["connected"]);
  diary.lines.length = 0;
  heard.length = 0;
  messages.length = 0;
  return session;
}

function observing(): LeanSession {
  const session = opened();
  answers["GET cmd"] = observed(5, "kept");
  session.subscribe("cmd", 1);
  pass(20);
  expect(heard).toEqual(["CON GET cmd observe=0"]);
  expect(diary.lines).toEqual(["subscribed true", "message cmd kept retained"]);
  diary.lines.length = 0;
  heard.length = 0;
  return session;
}

describe("connecting", () => {
  it("registers its name, its lifetime and what the type says of itself, and is connected once that is created", () => {
    const session = open({ links: "</3/0>", keepAliveS: 30 });
    expect(session.isOpen).toBe(false);
    pass(20);
    expect(heard).toEqual(["CON POST rd?ep=lamp-1&lt=90&et=light </3/0>"]);
    expect(diary.lines).toEqual(["connected"]);
    expect(session.isOpen).toBe(true);
  });

  it.each(["4.04", "4.05"])("does without a directory where the server says %s", (said) => {
    answers["POST rd"] = { code: said };
    open();
    pass(20);
    expect(diary.lines).toEqual(["connected"]);
  });

  it.each(["4.01", "4.03", "5.03", "4.29"])("is refused by %s", (said) => {
    answers["POST rd"] = { code: said };
    open();
    pass(60_000);
    expect(diary.lines).toEqual([`refused ${said}`]);
    expect(heard).toHaveLength(1);
  });

  it("shows by Echo that it receives what is sent to it, and goes on showing it", () => {
    const challenge: Answer = { code: "4.01", options: [option(optionNumber.echo, "fresh")] };
    answers["POST rd"] = [challenge, created];
    answers["PUT t"] = { code: "2.04" };
    const session = open();
    pass(20);
    expect(diary.lines).toEqual(["connected"]);
    session.publish("t", "{}", 1, false, 1);
    pass(20);
    expect(messages.map(({ options }) => valueOf(options, optionNumber.echo)?.toString())).toEqual([
      undefined,
      "fresh",
      "fresh",
    ]);
  });

  it("is refused by a server that is satisfied with no Echo", () => {
    answers["POST rd"] = { code: "4.01", options: [option(optionNumber.echo, "fresh")] };
    open();
    pass(1_000);
    expect(diary.lines).toEqual(["refused 4.01"]);
    expect(heard).toHaveLength(3);
  });

  it("loses the link where nobody answers, after having asked again with growing patience", () => {
    isDead = true;
    const sent: number[] = [];
    network.open(server).hear(() => sent.push(wheel.nowMs));
    open();
    pass(9_900);
    expect(diary.lines).toEqual([]);
    pass(200);
    expect(diary.lines).toEqual(["ended no answer to the registration in time"]);
    expect(sent).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = sent;
    expect(second - first).toBeGreaterThanOrEqual(2_000);
    expect(second - first).toBeLessThanOrEqual(3_020);
    expect(third - second).toBeGreaterThanOrEqual(2 * (second - first) - 30);
  });

  it("loses the link where the message is rejected", () => {
    answers = {};
    open();
    pass(20);
    say({ type: messageType.rst, messageId: messages[0]?.messageId ?? 0 });
    pass(20);
    expect(diary.lines).toEqual(["ended RST"]);
  });

  it("tells how the opening of its socket failed, and closes one that comes after its end", async () => {
    const manner = { directory: "rd", parameters: [], links: "", keepAliveS: 20 };
    const begin = (plug: Promise<LeanSocket>) =>
      openLeanDevice(plug, { endpoint: "a", manner, random: randomOf(5) }, diary, wheel);
    begin(Promise.reject(new Refused("handshake_failure", "no")));
    begin(Promise.reject(new Error("no ServerHello in time")));
    await settled();
    expect(diary.lines).toEqual(["refused handshake_failure", "ended no ServerHello in time"]);
    let closed = 0;
    const own = new LeanSocket(
      { ...network.open(client), close: async () => void closed++ },
      server,
      randomOf(3),
      () => 0,
      "own",
    );
    begin(Promise.resolve(own)).destroy();
    await settled();
    expect(closed).toBe(1);
    expect(diary.lines).toHaveLength(2);
  });
});

describe("publishing", () => {
  it("puts QoS 1 by CON and hears of its acknowledgement, also when the response comes separately", () => {
    const session = opened();
    answers["PUT a/b"] = [{ code: "2.04" }, { code: "2.01", separate: true }];
    session.publish("a/b", '{"seq":1}', 1, false, 41);
    session.publish("a/b", '{"seq":2}', 1, false, 42);
    pass(60);
    expect(diary.lines).toEqual(["acknowledged 41", "acknowledged 42"]);
    expect(heard).toEqual(['CON PUT a/b {"seq":1}', 'CON PUT a/b {"seq":2}', "ACK"]);
  });

  it("puts QoS 0 by NON, once, and waits for nothing", () => {
    const session = opened();
    session.publish("a/b", "{}", 0, false, 7);
    session.publish("a/b", "{}", 0, false, 8);
    pass(4_000);
    expect(heard).toEqual(["NON PUT a/b {}", "NON PUT a/b {}"]);
    expect(diary.lines).toEqual([]);
  });

  it("acknowledges nothing that the server denied", () => {
    const session = opened();
    answers["PUT a/b"] = [{ code: "4.03" }, { code: "2.04" }];
    session.publish("a/b", "{}", 1, false, 1);
    session.publish("a/b", "{}", 1, false, 2);
    pass(20);
    expect(diary.lines).toEqual(["acknowledged 2"]);
    expect(session.isOpen).toBe(true);
  });

  it("has one request under way at a time, and loses the link when the server leaves too many waiting", () => {
    const session = opened();
    for (let token = 0; token < 65; token++) session.publish("a/b", "{}", 1, false, token);
    pass(20);
    expect(heard).toHaveLength(1);
    session.publish("a/b", "{}", 1, false, 65);
    expect(diary.lines).toEqual([]);
    pass(20);
    expect(diary.lines).toEqual(["ended too much is waiting to be sent"]);
  });

  it("sends a request again under the same id, and takes an answer once", () => {
    const session = opened();
    session.publish("a/b", "{}", 1, false, 1);
    pass(3_100);
    expect(heard).toHaveLength(2);
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(1);
    const [{ messageId, token } = { messageId: 0, token: none }] = messages;
    for (let copy = 0; copy < 2; copy++) say({ type: messageType.ack, code: code.changed, messageId, token });
    pass(60_000);
    expect(diary.lines.filter((line) => line.startsWith("acknowledged"))).toHaveLength(1);
  });

  it("loses the link when the server answers nothing for a keep alive", () => {
    const session = opened({ keepAliveS: 20 });
    isDead = true;
    session.publish("a/b", "{}", 1, false, 1);
    pass(19_900);
    expect(diary.lines).toEqual([]);
    pass(200);
    expect(diary.lines).toEqual(["ended no answer to 4 transmissions"]);
    expect(session.isOpen).toBe(false);
  });

  it("spares a server that is busy for as long as it asks", () => {
    const session = opened();
    answers["PUT a/b"] = [{ code: "5.03", options: [option(optionNumber.maxAge, 7)] }, { code: "2.04" }];
    session.publish("a/b", "{}", 1, false, 1);
    pass(6_900);
    expect(heard).toHaveLength(1);
    pass(400);
    expect(diary.lines).toEqual(["acknowledged 1"]);
  });

  it("sends a long body block by block, in the size that the server wants", () => {
    const session = opened();
    const body = Array.from({ length: 300 }, (_, at) => String(at % 10))
      .join("")
      .repeat(9);
    const parts: string[] = [];
    answers["PUT a/b"] = [more(6), more(5), more(5), { code: "2.04" }];
    session.publish("a/b", body, 1, false, 1);
    pass(60);
    for (const { options, payload } of messages) {
      const block = blockField(options, optionNumber.block1);
      parts.push(`${block?.number}/${block?.more ? 1 : 0}/${block?.szx} ${payload.length}`);
    }
    expect(parts).toEqual(["0/1/6 1024", "1/1/6 1024", "4/1/5 512", "5/0/5 140"]);
    expect(Buffer.concat(messages.map(({ payload }) => payload)).toString()).toBe(body);
    expect(diary.lines).toEqual(["acknowledged 1"]);
  });

  it("begins a long body anew in smaller blocks where the server finds it too large", () => {
    const session = opened();
    answers["PUT a/b"] = [{ code: "4.13", options: [option(optionNumber.block1, 2)] }, { code: "4.13" }];
    session.publish("a/b", "x".repeat(1_100), 0, false, 1);
    pass(60);
    expect(messages.map(({ payload }) => payload.length)).toEqual([1_024, 64]);
    expect(diary.lines).toEqual([]);
  });
});

describe("observing", () => {
  it("takes the state at registration for a retained one, newer ones for news, older and repeated ones for duplicates", () => {
    observing();
    const { token } = messages[0] ?? { token: none };
    const tell = (observe: number, payload: string) =>
      say({
        code: code.content,
        token,
        options: [option(optionNumber.observe, observe)],
        payload: Buffer.from(payload),
      });
    tell(6, "on");
    tell(6, "on");
    tell(4, "old");
    tell(9, "off");
    pass(20);
    expect(diary.lines).toEqual([
      "message cmd on",
      "message cmd on duplicate",
      "message cmd old duplicate",
      "message cmd off",
    ]);
    expect(heard).toEqual(["ACK", "ACK", "ACK", "ACK"]);
  });

  it("tells a denied observation, and tries again with the next sign of life", () => {
    const session = opened();
    answers["GET cmd"] = [{ code: "4.04" }, observed(5, "")];
    answers["POST rd/a7"] = { code: "2.04" };
    session.subscribe("cmd", 1);
    pass(20);
    expect(diary.lines).toEqual(["subscribed false"]);
    pass(11_000);
    expect(diary.lines).toEqual(["subscribed false", "subscribed true", "message cmd  retained"]);
  });

  it("registers again under its token when Max-Age is over, since the server may have forgotten it", () => {
    observing();
    const { token: first } = messages[0] ?? { token: none };
    answers["POST rd/a7"] = { code: "2.04" };
    pass(59_000);
    expect(heard.filter((line) => line.includes("GET"))).toEqual([]);
    pass(12_000);
    expect(heard.filter((line) => line.includes("GET"))).toEqual(["CON GET cmd observe=0"]);
    const again = messages.findLast(({ code: said }) => said === code.get);
    expect(Buffer.compare(again?.token ?? none, first)).toBe(0);
  });

  it("rejects a notification of what it does not observe", () => {
    opened();
    notify(3, "for whom?");
    pass(20);
    expect(heard).toEqual(["RST"]);
    expect(diary.lines).toEqual([]);
  });

  it("rejects notifications after its end, and takes leave of the resource and of the directory", () => {
    const session = observing();
    session.close();
    pass(20);
    expect(heard).toEqual(["NON GET cmd observe=1", "CON DELETE rd/a7"]);
    heard.length = 0;
    notify(6, "late");
    pass(20);
    expect(heard).toEqual(["RST"]);
    expect(diary.lines).toEqual([]);
  });
});

describe("staying alive", () => {
  it("updates its registration, and connects anew where the server has forgotten it", () => {
    const session = opened({ keepAliveS: 20 });
    answers["POST rd/a7"] = [{ code: "2.04" }, { code: "4.04" }];
    pass(9_900);
    expect(heard).toEqual([]);
    pass(200);
    expect(heard).toEqual(["CON POST rd/a7"]);
    pass(10_100);
    expect(diary.lines).toEqual(["ended the registration is gone"]);
    expect(session.isOpen).toBe(false);
  });

  it("updates it also while there is much traffic, since traffic does not tell whether it is still registered", () => {
    const session = opened({ keepAliveS: 20 });
    answers["PUT a/b"] = { code: "2.04" };
    answers["POST rd/a7"] = { code: "2.04" };
    for (let second = 0; second < 17; second++) {
      session.publish("a/b", "{}", 1, false, second);
      pass(1_000);
    }
    expect(heard.filter((line) => line.includes("POST"))).toHaveLength(1);
  });

  it("is refused where its registration is not accepted any more", () => {
    opened();
    answers["POST rd/a7"] = { code: "4.03" };
    pass(11_000);
    expect(diary.lines).toEqual(["refused 4.03"]);
  });

  it("asks for anything where there is neither directory nor observation, and believes every answer", () => {
    answers["POST rd"] = { code: "4.04" };
    opened({ keepAliveS: 20 });
    answers["GET "] = { code: "4.01" };
    pass(21_000);
    expect(heard).toEqual(["CON GET ", "CON GET "]);
    expect(diary.lines).toEqual([]);
  });

  it("notices a dead server one and a half keep alives after its last word", () => {
    opened({ keepAliveS: 20 });
    isDead = true;
    pass(29_000);
    expect(diary.lines).toEqual([]);
    pass(1_100);
    expect(diary.lines).toHaveLength(1);
  });
});

it("acknowledges what the server has, once and in order, on whatever network, or loses the link", () => {
  const fate = oneof({ weight: 6, arbitrary: constant([0]) }, subarray([0, 40, 3_000, 9_000]));
  assert(
    property(array(fate, { minLength: 1, maxLength: 40 }), nat(12), (fates, count) => {
      let next = 0;
      network = new MemoryNetwork(() => fates[next++ % fates.length] ?? [0]);
      wheel = new TimerWheel(0);
      diary = new Diary();
      const got: string[] = [];
      const port = network.open(server);
      port.hear((bytes, from) => {
        const message = decode(bytes);
        if (!isMessage(message) || message.type !== messageType.con) return;
        const { token, messageId, payload } = message;
        got.push(payload.toString());
        const reply = message.code === code.post ? code.created : code.changed;
        port.send(encode({ type: messageType.ack, code: reply, messageId, token, options: [], payload: none }), from);
      });
      socket = new LeanSocket(network.open(client), server, randomOf(3), () => wheel.nowMs, "shared");
      const session = open({ keepAliveS: 30 });
      pass(30_000);
      for (let token = 0; token < count; token++) session.publish("t", `{"seq":${token}}`, 1, false, token);
      pass(400_000);
      const tokens = diary.lines.flatMap((line) => line.match(/^acknowledged (\d+)$/)?.[1] ?? []).map(Number);
      expect(tokens).toEqual(tokens.map((_, at) => at));
      expect(tokens.filter((token) => !got.includes(`{"seq":${token}}`))).toEqual([]);
      expect(session.isOpen ? tokens.length : count).toBe(count);
      expect(diary.lines.filter((line) => line.startsWith("ended")).length).toBe(session.isOpen ? 0 : 1);
    }),
    { numRuns: 60 },
  );
});

describe("a socket that many share", () => {
  it("tells its devices apart by their tokens", () => {
    const [one, other] = [open({}, "one"), open({}, "other")];
    answers["PUT x"] = { code: "2.04" };
    pass(20);
    one.publish("x", "{}", 1, false, 1);
    other.publish("x", "{}", 1, false, 2);
    pass(20);
    expect(diary.lines).toEqual(["connected", "connected", "acknowledged 1", "acknowledged 2"]);
    const tokens = messages.map(({ token }) => Buffer.from(token).toString("hex"));
    expect(new Set(tokens).size).toBe(4);
    expect(tokens.every((token) => token.length === 12)).toBe(true);
  });

  it("believes nobody but the server", () => {
    answers = {};
    open();
    pass(20);
    const [{ messageId, token } = { messageId: 0, token: none }] = messages;
    const forged = encode({ type: 2, code: code.created, messageId, token, options: [], payload: none });
    network.open({ host: "10.6.6.6", port: 5683 }).send(forged, client);
    network.open({ host: "10.0.0.1", port: 5684 }).send(forged, client);
    pass(20);
    expect(diary.lines).toEqual([]);
  });

  it("waits rather than use a message id again within the lifetime of an exchange", () => {
    let nowMs = 0;
    const own = new LeanSocket(network.open(client), server, randomOf(3), () => nowMs, "shared");
    const ids = new Set<number>();
    for (let id = own.nextId(); id !== undefined; id = own.nextId()) ids.add(id);
    expect(ids.size).toBeGreaterThan(64_000);
    expect(ids.size).toBeLessThanOrEqual(65_536);
    nowMs = 246_000;
    expect(own.nextId()).toBeUndefined();
    nowMs = 247_000;
    expect(own.nextId()).toBeDefined();
  });

  it("answers no request, for nobody can tell which device is meant", () => {
    opened({ answers: { "3/0/0": "seatrial" } });
    say({ code: code.get, token: Buffer.from("t"), options: [option(optionNumber.uriPath, "3")] });
    pass(20);
    expect(heard).toEqual(["RST"]);
  });
});

describe("a device with a socket of its own", () => {
  it("loses its link as soon as the session below is over", () => {
    opened();
    socket.end("close_notify");
    pass(20);
    expect(diary.lines).toEqual(["ended close_notify"]);
  });

  beforeEach(() => {
    socket = new LeanSocket(network.open(client), server, randomOf(3), () => wheel.nowMs, "own");
  });

  it("answers what it is asked", () => {
    opened({ answers: { "3/0/0": "seatrial" } });
    ask(code.get, "3/0/0");
    ask(code.get, "3/0/9");
    ask(code.put, "3/0/0");
    ask(code.get, "constructor");
    pass(20);
    expect(heard).toEqual(["ACK 2.05  seatrial", "ACK 4.04 ", "ACK 4.05 ", "ACK 4.04 "]);
    expect(messages.every(({ token }) => Buffer.from(token).toString() === "t")).toBe(true);
  });

  it("rejects questions where it has nothing to say", () => {
    opened();
    ask(code.get, "3/0/0");
    pass(20);
    expect(heard).toEqual(["RST"]);
  });
});
