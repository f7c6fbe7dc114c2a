import { connect as dialTcp, type Socket } from "node:net";
import { connect as dialTls } from "node:tls";
import { connectAsync, type IClientOptions } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "#contract/identity.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import type { Posture } from "#contract/target.ts";
import { benchOf, realClock } from "#testing/bench.ts";
import { knobsOf } from "./broker-knobs.ts";
import { type EmbeddedBroker, startBroker } from "./embedded-broker.ts";

const intruderSource = "127.0.0.2";

function start(posture: Posture, overrides: JsonObject = {}, history: Observation[] = []): Promise<EmbeddedBroker> {
  const bench = benchOf(history, { clock: realClock() });
  return startBroker(bench, { knobs: knobsOf(posture, overrides), devices: 2 });
}

/** A connection whose every byte a test writes itself. */
interface Raw extends Disposable {
  readonly socket: Socket;
  send(hex: string): void;
  /** Hex of all that came, once there are so many bytes or the other side closed. */
  answer(bytes: number): Promise<string>;
  /** Resolves when the other side closed; rejects when it did not in time. */
  closed(withinMs?: number): Promise<true>;
}

async function dial(broker: EmbeddedBroker, from = "127.0.0.1"): Promise<Raw> {
  const socket = dialTcp({ host: "127.0.0.1", port: broker.ports.get("mqtt") ?? 0, localAddress: from });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let came = "";
  let isClosed = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of waiting) check();
  };
  const until = (condition: () => boolean, withinMs: number, what: string) =>
    new Promise<true>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}; came: "${came}"`)), withinMs);
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(true);
      };
      waiting.add(check);
      check();
    });
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    came += chunk.toString("hex");
    wake();
  });
  socket.on("close", () => {
    isClosed = true;
    wake();
  });
  return {
    socket,
    send: (hex) => void socket.write(Buffer.from(hex, "hex")),
    async answer(bytes) {
      await until(() => isClosed || came.length >= bytes * 2, 3_000, `no ${bytes} bytes came`);
      return came;
    },
    closed: (withinMs = 3_000) => until(() => isClosed, withinMs, "still open"),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

function field(text: string): Buffer {
  return Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)]);
}

function connectPacket({ clientId, username, password }: Identity, keepAliveS = 60): string {
  const flags = 0x02 | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const body = Buffer.concat([
    Buffer.from("00044d515454", "hex"),
    Buffer.of(4, flags, keepAliveS >> 8, keepAliveS & 0xff),
    ...[clientId, username, password].flatMap((text) => (text === undefined ? [] : [field(text)])),
  ]);
  return Buffer.concat([Buffer.of(0x10, body.length), body]).toString("hex");
}

/** Connects, and says how it ended: the CONNACK in hex, or nothing where there was only a close. */
async function tryConnect(broker: EmbeddedBroker, as: Identity, from?: string, keepAliveS?: number): Promise<string> {
  using raw = await dial(broker, from);
  raw.send(connectPacket(as, keepAliveS));
  // Awaited here, or the connection would be disposed before the answer.
  return await raw.answer(4);
}

const admitted = "20020000";

/** An MQTT.js session over any of the listeners. */
function session(broker: EmbeddedBroker, as: Identity, url?: string, more: IClientOptions = {}) {
  return connectAsync(url ?? `mqtt://127.0.0.1:${broker.ports.get("mqtt")}`, {
    clientId: as.clientId,
    ...(as.username !== undefined && { username: as.username }),
    ...(as.password !== undefined && { password: as.password }),
    reconnectPeriod: 0,
    ...more,
  });
}

/** The identities that every broker has. */
function whoIn({ identities: { operator, intruder, victim, devices } }: EmbeddedBroker) {
  if (!operator || !intruder || !victim) throw new Error("an identity is missing");
  return { operator, intruder, victim, devices };
}

const stranger: Identity = { clientId: "stranger" };

const close = "close";
const accept = "accept";
/** id, sent after a CONNECT unless it begins with one of its own (or with nothing), what must happen. */
const vectors: readonly (readonly [string, "fresh" | "session", readonly string[], "close" | "accept"])[] = [
  ["MQ-PAR-003 reserved type 0", "fresh", ["0000"], close],
  ["MQ-PAR-005 length of 5 bytes", "fresh", ["10ffffffff7f"], close],
  ["MQ-PAR-008 level 6", "fresh", ["101000044d5154540602003c000003766563"], close],
  ["MQ-PAR-009 reserved CONNECT flag", "fresh", ["100f00044d5154540403003c0003766563"], close],
  ["MQ-PAR-010 Will QoS 3", "fresh", ["101500044d515454041e003c000376656300017700016d"], close],
  ["MQ-PAR-012 Will Retain without Will", "fresh", ["100f00044d5154540422003c0003766563"], close],
  ["MQ-PAR-014 user name missing", "fresh", ["100f00044d5154540482003c0003766563"], close],
  ["MQ-PAR-015 client id of 65,535", "fresh", ["100f00044d5154540402003cffff616263"], close],
  ["MQ-PAR-016 NUL in client id", "fresh", ["100f00044d5154540402003c0003610062"], close],
  ["MQ-PAR-017 overlong client id", "fresh", ["100e00044d5154540402003c0002c080"], close],
  ["MQ-PAR-018 surrogate in client id", "fresh", ["100f00044d5154540402003c0003eda080"], close],
  ["MQ-PAR-019 FF FE in client id", "fresh", ["100e00044d5154540402003c0002fffe"], close],
  ["MQ-PAR-020 empty id, session kept", "fresh", ["100c00044d5154540400003c0000"], close],
  ["MQ-PAR-023 second CONNECT", "session", ["100f00044d5154540402003c0003766563"], close],
  ["MQ-PAR-050 PUBLISH QoS 3", "session", ["3606000161000162"], close],
  ["MQ-PAR-051 PUBLISH packet id 0", "session", ["3206000161000062"], close],
  ["MQ-PAR-052 DUP at QoS 0", "session", ["380400016162"], close],
  ["MQ-PAR-054 # in a topic", "session", ["30060003612f2362"], close],
  ["MQ-PAR-055 empty topic", "session", ["3003000062"], close],
  ["MQ-PAR-056 NUL in topic", "session", ["3006000361006278"], close],
  ["MQ-PAR-057 broken UTF-8 in topic", "session", ["30050002c32878"], close],
  ["MQ-PAR-058 surrogate in topic", "session", ["30060003edbfbf78"], close],
  ["MQ-PAR-059 U+FEFF in topic", "session", ["30070004efbbbf6178"], accept],
  ["MQ-PAR-060 topic longer than packet", "session", ["300400106162"], close],
  ["MQ-PAR-062 QoS 1 without packet id", "session", ["3203000161"], close],
  ["MQ-PAR-063 PUBLISH of no length", "session", ["300000"], close],
  ["MQ-PAR-070 SUBSCRIBE flags", "session", ["8006000100016100"], close],
  ["MQ-PAR-071 SUBSCRIBE packet id 0", "session", ["8206000000016100"], close],
  ["MQ-PAR-072 SUBSCRIBE to nothing", "session", ["82020001"], close],
  ["MQ-PAR-073 SUBSCRIBE QoS 3", "session", ["8206000100016103"], close],
  ["MQ-PAR-074 SUBSCRIBE option bits", "session", ["82060001000161fc"], close],
  ["MQ-PAR-075 filter a#", "session", ["820700010002612300"], close],
  ["MQ-PAR-078 empty filter", "session", ["82050001000000"], close],
  ["MQ-PAR-079 SUBSCRIBE without options", "session", ["82050001000161"], close],
  ["MQ-PAR-081 UNSUBSCRIBE flags", "session", ["a0050001000161"], close],
  ["MQ-PAR-082 UNSUBSCRIBE from nothing", "session", ["a2020001"], close],
  ["MQ-PAR-083 PUBREL flags", "session", ["60020001"], close],
  ["MQ-PAR-084 PUBREL packet id 0", "session", ["62020000"], close],
  ["MQ-PAR-085 PUBACK cut short", "session", ["400100"], close],
  ["MQ-PAR-087 PINGREQ flags", "session", ["c100"], close],
  ["MQ-PAR-088 PINGREQ with a body", "session", ["c00100"], close],
  ["MQ-PAR-090 CONNACK from a client", "session", ["20020000"], close],
  ["MQ-PAR-092 UNSUBACK from a client", "session", ["b0020001"], close],
  ["MQ-PAR-094 type 15", "session", ["f000"], close],
  ["MQ-PAR-095 PUBLISH after DISCONNECT", "session", ["e000", "300400016162"], close],
  ["MQ-PAR-096 PUBLISH byte by byte", "session", ["30", "04", "00", "01", "61", "62"], accept],
  ["MQ-PAR-097 four packets at once", "session", ["300400016162300400016162300400016162c000"], accept],
];
const validConnect = "100f00044d5154540402003c0003766563";
const pingRequest = "c000";
const pingResponse = "d000";

/** Sends each piece by itself, then a PINGREQ, and says what it came to. */
async function endingOf(broker: EmbeddedBroker, opens: "fresh" | "session", send: readonly string[]) {
  using raw = await dial(broker);
  if (opens === "session") {
    raw.send(validConnect);
    await raw.answer(4);
  }
  for (const hex of send) {
    raw.send(hex);
    await new Promise(setImmediate);
  }
  raw.send(pingRequest);
  const answer = await raw.answer(6);
  if (opens === "session" && !answer.startsWith(admitted)) return `no session: ${answer}`;
  return answer.endsWith(pingResponse) ? accept : close;
}

describe("an embedded broker whose parsing is strict", () => {
  let broker: EmbeddedBroker;
  beforeAll(async () => {
    broker = await start("weak", { parsing: "strict" });
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  it.each(vectors)("%s: %s %j must end in %s", async (_id, opens, send, must) => {
    expect(await endingOf(broker, opens, send)).toBe(must);
  });

  it("answers a CONNECT of MQTT 5 with CONNACK 1 of MQTT 3.1.1, and closes", async () => {
    using raw = await dial(broker);
    raw.send("101000044d5154540502003c000003766563");
    await raw.closed();
    expect(await raw.answer(4)).toBe("20020001");
  });

  it("lets nothing of a malformed packet reach the subscribers", async () => {
    const client = await session(broker, stranger);
    const came: string[] = [];
    client.on("message", (topic) => void came.push(topic));
    await client.subscribeAsync("#");
    using raw = await dial(broker);
    raw.send(`${validConnect}3006000361006278`);
    await raw.closed();
    await client.publishAsync("after", "", { qos: 1 });
    await expect.poll(() => came).toEqual(["after"]);
    await client.endAsync();
  });
});

describe("an embedded broker whose parsing is lenient", () => {
  it.each([
    ["NUL in client id", "100f00044d5154540402003c0003610062", "20020000"],
    ["QoS 1 PUBLISH with packet id 0", `${validConnect}3206000161000062`, "2002000040020000"],
    ["filter a#", `${validConnect}820700010002612300`, "200200009003000100"],
  ])("lets aedes accept what it accepts: %s", async (_what, hex, answer) => {
    await using broker = await start("weak");
    using raw = await dial(broker);
    raw.send(hex);
    expect(await raw.answer(answer.length / 2)).toBe(answer);
  });
});

describe("an embedded broker whose parsing is fragile", () => {
  it("goes down with everybody's connections on a packet that is cut short, and comes back", async () => {
    const history: Observation[] = [];
    await using broker = await start("hardened", { parsing: "fragile" }, history);
    const { victim, intruder } = whoIn(broker);
    using bystander = await dial(broker);
    bystander.send(connectPacket(victim));
    expect(await bystander.answer(4)).toBe(admitted);
    using raw = await dial(broker);
    raw.send(`${connectPacket(intruder)}3203000161`);
    await bystander.closed();
    await expect(dial(broker)).rejects.toThrow("ECONNREFUSED");
    await broker.restart(0);
    expect(await tryConnect(broker, victim)).toBe(admitted);
  });
});

describe("who is let in", () => {
  it("admits with hardened knobs only the right secret under the right client id", async () => {
    await using broker = await start("hardened");
    const { victim, operator } = whoIn(broker);
    expect(await tryConnect(broker, victim)).toBe(admitted);
    expect(await tryConnect(broker, { ...operator, clientId: "operator-witness" })).toBe(admitted);
    expect(await tryConnect(broker, stranger)).toBe("20020005");
    expect(await tryConnect(broker, { ...victim, password: "wrong" })).toBe("20020004");
    expect(await tryConnect(broker, { clientId: "x", username: "nobody", password: "wrong" })).toBe("20020004");
    expect(await tryConnect(broker, { ...victim, clientId: "intruder" })).toBe("20020002");
    expect(await tryConnect(broker, { clientId: "admin", username: "admin", password: "admin" })).toBe("20020004");
  });

  it("admits anybody with authentication none, but nobody with wrong credentials", async () => {
    await using broker = await start("hardened", { authentication: "none" });
    const { victim } = whoIn(broker);
    expect(await tryConnect(broker, stranger)).toBe(admitted);
    expect(await tryConnect(broker, victim)).toBe(admitted);
    expect(await tryConnect(broker, { ...victim, password: "wrong" })).toBe("20020004");
    expect(await tryConnect(broker, { clientId: victim.clientId })).toBe("20020002");
  });

  it("admits every device under every device's name with a shared secret", async () => {
    await using broker = await start("hardened", { authentication: "shared" });
    const { victim, intruder, operator, devices } = whoIn(broker);
    expect(victim.username).toBe("fleet");
    expect(new Set([victim, intruder, ...devices].map(({ password }) => password)).size).toBe(1);
    expect(await tryConnect(broker, { ...intruder, clientId: victim.clientId })).toBe(admitted);
    expect(await tryConnect(broker, { ...intruder, clientId: operator.clientId })).toBe("20020002");
  });

  it("admits the factory login under any free name where it is still there", async () => {
    await using broker = await start("hardened", { factoryLogin: true });
    const { victim } = whoIn(broker);
    const factory = { clientId: "scanner", username: "admin", password: "admin" };
    expect(await tryConnect(broker, factory)).toBe(admitted);
    expect(await tryConnect(broker, { ...factory, clientId: victim.clientId })).toBe("20020002");
  });

  it("takes the common name of a client certificate for the account, on TLS alone", async () => {
    await using broker = await start("hardened", { authentication: "certificate" });
    const { victim, intruder } = whoIn(broker);
    expect([...broker.ports.keys()].toSorted()).toEqual(["mqtts", "wss"]);
    const secure = `mqtts://localhost:${broker.ports.get("mqtts")}`;
    const client = await session(broker, victim, secure, { ca: broker.ca, ...victim.certificate });
    expect(client.connected).toBe(true);
    await client.endAsync();
    const asOther = session(broker, victim, secure, { ca: broker.ca, ...intruder.certificate });
    await expect(asOther).rejects.toThrow("Identifier rejected");
    const bare = dialTls({
      port: broker.ports.get("mqtts") ?? 0,
      host: "127.0.0.1",
      ca: broker.ca,
      servername: "localhost",
    });
    bare.on("error", () => {}).write(Buffer.from(connectPacket(victim), "hex"));
    const came = await bare.toArray().catch(() => []);
    expect(came).toEqual([]);
  });

  it("lets a stranger's client id end a session when client ids are free", async () => {
    await using broker = await start("hardened", { clientIds: "free" });
    const { victim, intruder } = whoIn(broker);
    using held = await dial(broker);
    held.send(connectPacket(victim));
    await held.answer(4);
    expect(await tryConnect(broker, { ...intruder, clientId: victim.clientId })).toBe(admitted);
    await held.closed();
  });
});

describe("listeners", () => {
  it.each(["mqtt", "mqtts", "ws", "wss"] as const)("carries a message over %s", async (scheme) => {
    await using broker = await start("hardened");
    const { victim } = whoIn(broker);
    const url = `${scheme}://localhost:${broker.ports.get(scheme)}/mqtt`;
    const client = await session(broker, victim, url, { ca: broker.ca });
    const came = new Promise((resolve) => client.once("message", (_topic, payload) => resolve(payload.toString())));
    await client.subscribeAsync(victim.topics.command, { qos: 1 });
    await client.publishAsync(victim.topics.command, "open", { qos: 1 });
    expect(await came).toBe("open");
    await client.endAsync();
  });
});

describe("who may use which topics", () => {
  it("ends the connection of a client that publishes to another's topic, and delivers and retains nothing", async () => {
    await using broker = await start("hardened");
    const { victim, intruder } = whoIn(broker);
    const device = await session(broker, victim);
    const came: string[] = [];
    device.on("message", (_topic, payload) => void came.push(payload.toString()));
    await device.subscribeAsync(`devices/${victim.clientId}/#`);
    for (const topic of [victim.topics.command, "$SYS/broker/x"]) {
      const attacker = await session(broker, intruder);
      const ended = new Promise<void>((resolve) => attacker.once("close", () => resolve()));
      attacker.on("error", () => {});
      attacker.publish(topic, "canary", { qos: 1, retain: true });
      await ended;
      attacker.end(true);
    }
    await device.unsubscribeAsync(`devices/${victim.clientId}/#`);
    await device.subscribeAsync(victim.topics.command);
    await device.publishAsync(victim.topics.command, "own", { qos: 1 });
    await expect.poll(() => came).toEqual(["own"]);
    await device.endAsync();
  });

  it("does not send a will to another's topic", async () => {
    await using broker = await start("hardened");
    const { victim, intruder } = whoIn(broker);
    const device = await session(broker, victim);
    const came: string[] = [];
    device.on("message", (topic) => void came.push(topic));
    await device.subscribeAsync(victim.topics.command);
    const will = { topic: victim.topics.command, payload: Buffer.from("canary"), qos: 1 as const, retain: true };
    const attacker = await session(broker, intruder, undefined, { will });
    attacker.stream.destroy();
    await device.publishAsync(victim.topics.state, "", { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(came).toEqual([]);
    await device.endAsync();
  });

  it.each([
    ["hardened", {}, [0x80, 0x80, 0x80, 0, 0x80]],
    ["hardened", { authorization: "open" }, [0, 0, 0, 0, 0x80]],
    ["hardened", { systemTopics: "open" }, [0x80, 0x80, 0x80, 0, 0]],
  ] as const)("answers subscriptions of a device with %s and %j by %j", async (posture, knobs, codes) => {
    await using broker = await start(posture, knobs);
    const { intruder } = whoIn(broker);
    const client = await session(broker, intruder);
    const filters = ["#", "devices/victim/telemetry", "devices/+/state", "devices/intruder/#", "$SYS/#"];
    const granted: number[] = [];
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "suback") granted.push(...packet.granted.map(Number));
    });
    for (const filter of filters) await client.subscribeAsync(filter).catch(() => {});
    expect(granted).toEqual(codes);
    await client.endAsync();
  });

  it("shows new client ids on $SYS where it is open", async () => {
    await using broker = await start("weak");
    const watcher = await session(broker, stranger);
    const seen = new Promise<string>((resolve) => {
      watcher.on("message", (topic, payload) => {
        if (topic.endsWith("/new/clients") && payload.toString() === "victim") resolve(topic);
      });
    });
    await watcher.subscribeAsync("$SYS/#");
    expect(await tryConnect(broker, whoIn(broker).victim)).toBe(admitted);
    expect(await seen).toMatch(/^\$SYS\/seatrial-[0-9a-f]{8}\/new\/clients$/);
    await watcher.endAsync();
  });
});

function guess(broker: EmbeddedBroker, from: string): Promise<string> {
  return tryConnect(broker, { ...whoIn(broker).victim, password: "guess" }, from);
}

describe.concurrent("guessing", () => {
  it("evaluates no more than the limit from one source, and serves the owner from another", async () => {
    await using broker = await start("hardened", { maxWrongSecrets: 3 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => guess(broker, intruderSource)));
    expect(answers.toSorted()).toEqual([...Array(7).fill(""), ...Array(3).fill("20020004")]);
    const { victim, intruder } = whoIn(broker);
    expect(await tryConnect(broker, victim, intruderSource)).toBe("");
    expect(await tryConnect(broker, intruder, intruderSource)).toBe(admitted);
    expect(await tryConnect(broker, victim)).toBe(admitted);
  });

  it("locks the owner out, too, with lockout account", async () => {
    await using broker = await start("hardened", { maxWrongSecrets: 1, lockout: "account" });
    expect(await guess(broker, intruderSource)).toBe("20020004");
    expect(await tryConnect(broker, whoIn(broker).victim)).toBe("");
  });

  it("evaluates everything with 0", async () => {
    await using broker = await start("hardened", { maxWrongSecrets: 0 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => guess(broker, intruderSource)));
    expect(new Set(answers)).toEqual(new Set(["20020004"]));
  });
});

describe("limits", () => {
  it("closes connections above maxConnections at once, pending ones counted", async () => {
    await using broker = await start("weak", { maxConnections: 2 });
    using one = await dial(broker);
    one.send(connectPacket({ clientId: "one" }));
    await one.answer(4);
    using _pending = await dial(broker);
    using refused = await dial(broker);
    await refused.closed();
    one.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await tryConnect(broker, stranger)).toBe(admitted);
  });

  it("answers CONNACK 3 above maxConnectionsPerAccount, but lets the same client id back in", async () => {
    await using broker = await start("hardened", { maxConnectionsPerAccount: 1, clientIds: "free" });
    const { victim } = whoIn(broker);
    using held = await dial(broker);
    held.send(connectPacket(victim));
    await held.answer(4);
    expect(await tryConnect(broker, { ...victim, clientId: "second" })).toBe("20020003");
    expect(await tryConnect(broker, victim)).toBe(admitted);
  });

  it("closes pending connections above maxPendingPerSource, and none of another source", async () => {
    await using broker = await start("weak", { maxPendingPerSource: 2 });
    using _one = await dial(broker, intruderSource);
    using _two = await dial(broker, intruderSource);
    using three = await dial(broker, intruderSource);
    await three.closed();
    expect(await tryConnect(broker, stranger)).toBe(admitted);
  });

  it("closes new connections of a source above connectsPerSecondPerSource", async () => {
    await using broker = await start("weak", { connectsPerSecondPerSource: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => tryConnect(broker, stranger, intruderSource)));
    expect(answers.filter((answer) => answer === "").length).toBeGreaterThanOrEqual(4);
    expect(await tryConnect(broker, stranger)).toBe(admitted);
  });

  it.each([
    ["absolute", true],
    ["idle", false],
  ] as const)("measures the time to a complete CONNECT with deadline %s", async (connectDeadline, closes) => {
    await using broker = await start("weak", { connectTimeoutMs: 100, connectDeadline });
    using silent = await dial(broker);
    using dripping = await dial(broker);
    for (let n = 0; n < 10; n += 1) {
      dripping.send(validConnect.slice(n * 2, n * 2 + 2));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await silent.closed(0);
    if (closes) {
      await dripping.closed(0);
      return;
    }
    dripping.send(validConnect.slice(20));
    expect(await dripping.answer(4)).toBe(admitted);
  });

  it("leaves a silent connection open without connectTimeoutMs", async () => {
    await using broker = await start("weak");
    using silent = await dial(broker);
    await expect(silent.closed(300)).rejects.toThrow("still open");
  });

  it.each([0, 601])("answers CONNACK 2 to a keep alive of %d s with maxKeepAliveS 600", async (keepAliveS) => {
    await using broker = await start("weak", { maxKeepAliveS: 600 });
    expect(await tryConnect(broker, stranger, undefined, keepAliveS)).toBe("20020002");
    expect(await tryConnect(broker, stranger, undefined, 600)).toBe(admitted);
  });

  it("closes on a packet above maxMessageBytes", async () => {
    await using broker = await start("weak", { maxMessageBytes: 100 });
    using raw = await dial(broker);
    raw.send(`${validConnect}30ff01000161${"00".repeat(252)}`);
    expect(await raw.closed()).toBe(true);
  });
});

/** Publishes 16 MiB to a subscriber that stops reading, then a small message to another; says what arrived. */
async function flood(slowConsumer: string) {
  const broker = await start("weak", { slowConsumer });
  const slow = await dial(broker);
  slow.send(`${connectPacket({ clientId: "slow" })}82080001000362696700`);
  await slow.answer(9);
  slow.socket.pause();
  const healthy = await session(broker, { clientId: "healthy" });
  const arrived = new Promise<string>((resolve) => healthy.once("message", (topic) => resolve(topic)));
  await healthy.subscribeAsync("small");
  const publisher = await session(broker, { clientId: "publisher" });
  for (let n = 0; n < 256; n += 1) publisher.publish("big", Buffer.alloc(65_536));
  publisher.publish("small", "");
  const outcome = await Promise.race([
    arrived,
    new Promise<string>((resolve) => setTimeout(() => resolve("stalled"), slowConsumer === "drop" ? 5_000 : 700)),
  ]);
  publisher.end(true);
  healthy.end(true);
  slow[Symbol.dispose]();
  await broker[Symbol.asyncDispose]();
  return outcome;
}

describe("a subscriber that does not read", () => {
  it("is disconnected with drop, and the others get their messages", async () => {
    expect(await flood("drop")).toBe("small");
  });

  it("makes everybody wait with stall", async () => {
    expect(await flood("stall")).toBe("stalled");
  });
});

describe("a restart", () => {
  it("closes every connection, listens on the same ports again, and has forgotten what was retained", async () => {
    await using broker = await start("hardened");
    const { victim } = whoIn(broker);
    const client = await session(broker, victim);
    await client.publishAsync(victim.topics.state, "kept?", { qos: 1, retain: true });
    const ended = new Promise<void>((resolve) => client.once("close", () => resolve()));
    const before = new Map(broker.ports);
    const restarted = broker.restart(100);
    await ended;
    await expect(dial(broker)).rejects.toThrow("ECONNREFUSED");
    await restarted;
    expect(broker.ports).toEqual(before);
    const again = await session(broker, victim);
    const came: string[] = [];
    again.on("message", (_topic, payload) => void came.push(payload.toString()));
    await again.subscribeAsync(victim.topics.state);
    await again.publishAsync(victim.topics.state, "new", { qos: 1 });
    await expect.poll(() => came).toEqual(["new"]);
    await again.endAsync();
  });
});

describe("a kill", () => {
  it("closes every connection at once, sends no wills, and comes back on the same ports without its memory", async () => {
    await using broker = await start("hardened");
    const { victim, intruder, operator } = whoIn(broker);
    const witness = await session(broker, operator);
    const seen: string[] = [];
    witness.on("message", (topic) => void seen.push(topic));
    await witness.subscribeAsync("devices/#", { qos: 1 });
    const will = { topic: victim.topics.state, payload: Buffer.from("gone"), qos: 1 as const, retain: true };
    const device = await session(broker, victim, undefined, { will });
    using half = await dial(broker);
    half.send(connectPacket(intruder).slice(0, 10));
    const ended = [witness, device].map((client) => new Promise<void>((resolve) => client.once("close", resolve)));
    const before = new Map(broker.ports);
    const killed = broker.kill(100);
    await Promise.all([...ended, half.closed()]);
    await expect(dial(broker)).rejects.toThrow("ECONNREFUSED");
    await killed;
    expect(broker.ports).toEqual(before);
    const again = await session(broker, operator);
    again.on("message", (topic) => void seen.push(topic));
    await again.subscribeAsync("devices/#", { qos: 1 });
    await again.publishAsync("devices/victim/command", "", { qos: 1 });
    await expect.poll(() => seen).toEqual(["devices/victim/command"]);
    await again.endAsync();
  });

  it("ends a broker that is frozen, and leaves nothing of the freeze behind", async () => {
    await using broker = await start("hardened");
    const { victim } = whoIn(broker);
    const frozen = await broker.pause();
    using waiting = await dial(broker);
    waiting.send(connectPacket(victim));
    await broker.kill(10);
    await waiting.closed();
    expect(await tryConnect(broker, victim)).toBe(admitted);
    await frozen[Symbol.asyncDispose]();
    await frozen[Symbol.asyncDispose]();
    expect(await tryConnect(broker, victim)).toBe(admitted);
  });
});

/** Long enough for an answer on loopback to come, if one comes. */
const aWhileMs = 150;
const aWhile = () => new Promise((resolve) => setTimeout(resolve, aWhileMs));

describe("a broker that is frozen", () => {
  it.each(["mqtt", "mqtts", "ws", "wss"] as const)(
    "keeps a session over %s, and answers what it is sent when it goes on",
    async (scheme) => {
      await using broker = await start("hardened");
      const { victim } = whoIn(broker);
      const url = `${scheme}://localhost:${broker.ports.get(scheme)}/mqtt`;
      const client = await session(broker, victim, url, { ca: broker.ca });
      await client.subscribeAsync(victim.topics.command, { qos: 1 });
      const came: string[] = [];
      client.on("message", (_topic, payload) => void came.push(payload.toString()));
      client.on("close", () => void came.push("closed"));
      const frozen = await broker.pause();
      const acknowledged = ["one", "two"].map((text) =>
        client.publishAsync(victim.topics.command, text, { qos: 1 }).then(() => came.push(`${text} acknowledged`)),
      );
      await aWhile();
      expect(came).toEqual([]);
      expect(broker.traffic.publishesReceived).toBe(0);
      await frozen[Symbol.asyncDispose]();
      await Promise.all(acknowledged);
      await expect.poll(() => came.toSorted()).toEqual(["one", "one acknowledged", "two", "two acknowledged"]);
      await client.endAsync();
    },
  );

  it.each(["mqtt", "mqtts", "ws", "wss"] as const)(
    "accepts connections over %s, and takes them up in their order when it goes on",
    async (scheme) => {
      await using broker = await start("hardened");
      const { victim, intruder } = whoIn(broker);
      const url = `${scheme}://localhost:${broker.ports.get(scheme)}/mqtt`;
      const frozen = await broker.pause();
      const log: string[] = [];
      const sessions = [victim, intruder].map((who) =>
        session(broker, who, url, { ca: broker.ca, connectTimeout: 10_000 }).then((client) => {
          log.push(who.clientId);
          return client.endAsync();
        }),
      );
      await aWhile();
      expect(log).toEqual([]);
      await frozen[Symbol.asyncDispose]();
      await Promise.all(sessions);
      expect(log.toSorted()).toEqual(["intruder", "victim"]);
    },
  );

  it("lets no time-out run out that would have meanwhile, and goes on with what was left of it", async () => {
    await using broker = await start("weak", { connectTimeoutMs: 300 });
    using silent = await dial(broker);
    using device = await dial(broker);
    device.send(connectPacket(stranger, 1));
    await device.answer(4);
    const frozen = await broker.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    await frozen[Symbol.asyncDispose]();
    device.send(pingRequest);
    expect(await device.answer(6)).toBe(`${admitted}${pingResponse}`);
    await silent.closed();
  });

  it("sends the will of a device that is gone when it goes on, not before", async () => {
    await using broker = await start("hardened");
    const { victim, operator } = whoIn(broker);
    const witness = await session(broker, operator);
    const seen: string[] = [];
    witness.on("message", (topic) => void seen.push(topic));
    await witness.subscribeAsync(victim.topics.state);
    const will = { topic: victim.topics.state, payload: Buffer.from("gone"), qos: 1 as const, retain: false };
    const device = await session(broker, victim, undefined, { will });
    const frozen = await broker.pause();
    device.stream.destroy();
    await aWhile();
    expect(seen).toEqual([]);
    await frozen[Symbol.asyncDispose]();
    await expect.poll(() => seen).toEqual([victim.topics.state]);
    await witness.endAsync();
  });

  it("can be ended for good", async () => {
    const broker = await start("hardened");
    const frozen = await broker.pause();
    using waiting = await dial(broker);
    await broker[Symbol.asyncDispose]();
    await waiting.closed();
    await frozen[Symbol.asyncDispose]();
    await expect(dial(broker)).rejects.toThrow("ECONNREFUSED");
  });
});

it("ends the connection of a client that is silent for one and a half keep alives, and sends its will", async () => {
  await using broker = await start("hardened");
  const { victim, operator } = whoIn(broker);
  const witness = await session(broker, operator, undefined, { keepalive: 1 });
  const wills = new Promise<string>((resolve) => witness.once("message", resolve));
  await witness.subscribeAsync(victim.topics.state);
  const will = { topic: victim.topics.state, payload: Buffer.from("gone"), qos: 1 as const, retain: false };
  const device = await session(broker, victim, undefined, { will, keepalive: 1, reschedulePings: false });
  const ended = new Promise<void>((resolve) => device.once("close", resolve));
  // Without its PINGREQ it is a device that hangs.
  device.sendPing = () => {};
  await ended;
  expect(await wills).toBe(victim.topics.state);
  // It has the same keep alive and heeds it.
  expect(witness.connected).toBe(true);
  await witness.endAsync();
});

/** Publishes with QoS 0 and 1 while the disk is full; says what had come by then, and what the log says. */
async function publishWhileFull(fullDisk: string) {
  const history: Observation[] = [];
  const broker = await start("hardened", { fullDisk }, history);
  const { victim } = whoIn(broker);
  const client = await session(broker, victim);
  const log: string[] = [];
  client.on("message", (_topic, payload) => void log.push(payload.toString()));
  await client.subscribeAsync(victim.topics.command);
  const full = await broker.fillDisk();
  await client.publishAsync(victim.topics.command, "QoS 0", { qos: 0 });
  const acknowledged = client
    .publishAsync(victim.topics.command, "QoS 1", { qos: 1 })
    .then(() => log.push("acknowledged"));
  await aWhile();
  const meanwhile = [...log].toSorted();
  await full[Symbol.asyncDispose]();
  await full[Symbol.asyncDispose]();
  await acknowledged;
  await expect.poll(() => log.toSorted()).toEqual(["QoS 0", "QoS 1", "acknowledged"]);
  await client.endAsync();
  await broker[Symbol.asyncDispose]();
  return { meanwhile, told: history.filter(({ action }) => action === "broker.disk-full") };
}

describe("a broker whose disk is full", () => {
  it("goes on, and says in its log what it could not write", async () => {
    const { meanwhile, told } = await publishWhileFull("goes-on");
    expect(meanwhile).toEqual(["QoS 0", "QoS 1", "acknowledged"]);
    expect(told[0]?.detail).toMatchObject({ count: 1, by: { "not-written-down": 1 } });
  });

  it("acknowledges and delivers no message of QoS 1 until there is room, where it stalls", async () => {
    const { meanwhile, told } = await publishWhileFull("stalls");
    expect(meanwhile).toEqual(["QoS 0"]);
    expect(told[0]?.detail).toMatchObject({ count: 1, by: { "not-acknowledged": 1 } });
  });

  it("forgets a message that it kept waiting, where it is killed meanwhile", async () => {
    await using broker = await start("hardened", { fullDisk: "stalls" });
    const { victim } = whoIn(broker);
    const { topics } = victim;
    const full = await broker.fillDisk();
    const lost = await session(broker, victim);
    lost.on("error", () => {});
    lost.publish(topics.state, "lost", { qos: 1, retain: true });
    await aWhile();
    await broker.kill(10);
    await full[Symbol.asyncDispose]();
    const client = await session(broker, victim);
    const came: string[] = [];
    client.on("message", (_topic, payload) => void came.push(payload.toString()));
    await client.subscribeAsync(topics.state, { qos: 1 });
    await client.publishAsync(topics.state, "kept", { qos: 1 });
    await expect.poll(() => came).toEqual(["kept"]);
    await client.endAsync();
    lost.end(true);
  });
});

describe("the counters of the broker", () => {
  it("count accepted CONNECTs, and each PUBLISH in and out, over a restart and a kill", async () => {
    await using broker = await start("hardened");
    const { victim, intruder, operator } = whoIn(broker);
    expect(broker.traffic).toEqual({ connections: 0, publishesReceived: 0, publishesSent: 0 });
    const rounds = async () => {
      const client = await session(broker, victim);
      const watcher = await session(broker, operator);
      let came = 0;
      for (const each of [client, watcher]) each.on("message", () => void (came += 1));
      await client.subscribeAsync(victim.topics.command, { qos: 1 });
      await watcher.subscribeAsync("devices/#", { qos: 0 });
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => {
          const qos = n % 3 === 0 ? 0 : n % 3 === 1 ? 1 : 2;
          return client.publishAsync(victim.topics.command, Buffer.alloc(n * 50), { qos });
        }),
      );
      await expect.poll(() => came).toBe(20);
      await tryConnect(broker, { ...intruder, password: "wrong" });
      await client.endAsync();
      await watcher.endAsync();
    };
    await rounds();
    expect(broker.traffic).toEqual({ connections: 2, publishesReceived: 10, publishesSent: 20 });
    await broker.restart(1);
    await rounds();
    await broker.kill(1);
    await rounds();
    expect(broker.traffic).toEqual({ connections: 6, publishesReceived: 30, publishesSent: 60 });
  });
});

describe("the event log", () => {
  it("writes one note for a flood of refusals, with their number", async () => {
    const history: Observation[] = [];
    const broker = await start("hardened", { connectsPerSecondPerSource: 0 }, history);
    await Promise.all(Array.from({ length: 200 }, () => tryConnect(broker, stranger, intruderSource)));
    await broker[Symbol.asyncDispose]();
    const notes = history.filter(({ action }) => action === "broker.connect-refused");
    expect(notes.length).toBeLessThanOrEqual(3);
    const counted = notes.map(({ detail }) => Number(Object(detail).count));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(notes[0]?.detail).toMatchObject({ sources: [intruderSource], example: { clientId: "stranger" } });
  });
});
