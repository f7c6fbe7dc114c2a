import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { Bench, WireStream } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { attackerSource, connect, dial, serves } from "./client.ts";

const who = { clientId: "someone", username: "someone", password: "secret" };
const admitted = generate({ cmd: "connack", returnCode: 0, sessionPresent: false });

let server: Server;
let port: number;
/** What the peer does with each packet that it reads; set by each test. */
let answer: (packet: Packet, socket: Socket) => void;
let atOnce: (socket: Socket) => void;

beforeEach(async () => {
  answer = () => {};
  atOnce = () => {};
  server = createServer((socket) => {
    const reading = parser({ protocolVersion: 4 });
    reading.on("packet", (packet) => answer(packet, socket));
    reading.on("error", () => {});
    socket.on("data", (bytes) => reading.parse(bytes));
    socket.on("error", () => {});
    atOnce(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = portOf(server);
});

afterEach(() => {
  server.close();
});

function portOf({ address }: { readonly address: () => AddressInfo | string | null }): number {
  const bound = address.call(server);
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

function benchWith(more: Partial<Bench> = {}, history: Observation[] = []): Bench {
  const { observe: _, ...given } = more;
  return benchOf(history, { clock: realClock(), ...given });
}

/** A peer that admits everybody and answers pings, SUBSCRIBE and QoS 1. */
function broker(packet: Packet, socket: Socket): void {
  if (packet.cmd === "connect") socket.write(admitted);
  if (packet.cmd === "pingreq") socket.write(generate({ cmd: "pingresp" }));
  if (packet.cmd === "publish" && packet.messageId !== undefined) {
    socket.write(generate({ cmd: "puback", messageId: packet.messageId }));
  }
  if (packet.cmd === "subscribe" && packet.messageId !== undefined) {
    const granted = packet.subscriptions.map(({ qos }) => qos);
    socket.write(generate({ cmd: "suback", messageId: packet.messageId, granted }));
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const cause = await work.then(
    () => new Error("was admitted"),
    (error: unknown) => error,
  );
  if (cause instanceof Refused) return cause.code;
  return cause instanceof Error ? `unknown: ${cause.message}` : "no error";
}

describe("connect", () => {
  it("is admitted by CONNACK 0 and reads whether a session was there", async () => {
    answer = (packet, socket) => {
      if (packet.cmd === "connect") socket.write(generate({ cmd: "connack", returnCode: 0, sessionPresent: true }));
    };
    await using session = await connect(benchWith(), loopback(port), who);
    expect(session.connack).toEqual({ code: 0, sessionPresent: true });
  });

  it("sends what it was told to be", async () => {
    const seen: IConnectPacket[] = [];
    answer = (packet, socket) => {
      if (packet.cmd === "connect") seen.push(packet);
      broker(packet, socket);
    };
    const will = { topic: "w", payload: "gone", qos: 1 as const, retain: true };
    await using _session = await connect(benchWith(), loopback(port), { ...who, clean: false, keepAliveS: 7, will });
    expect(seen).toMatchObject([
      {
        clientId: "someone",
        username: "someone",
        clean: false,
        keepalive: 7,
        will: { topic: "w", qos: 1, retain: true },
      },
    ]);
    expect(seen[0]?.password?.toString()).toBe("secret");
  });

  it.each([4, 5] as const)("names the code that a broker refused level %i with", async (level) => {
    answer = (_packet, socket) => {
      socket.end(level === 5 ? Uint8Array.of(0x20, 0x03, 0x00, 0x87, 0x00) : Uint8Array.of(0x20, 0x02, 0x00, 0x05));
    };
    expect(await refusalOf(connect(benchWith(), loopback(port), { ...who, level }))).toBe(
      level === 5 ? "CONNACK 135" : "CONNACK 5",
    );
  });

  it("understands the CONNACK of a 3.1.1 broker that does not know MQTT 5", async () => {
    answer = (_packet, socket) => socket.end(Uint8Array.of(0x20, 0x02, 0x00, 0x01));
    expect(await refusalOf(connect(benchWith(), loopback(port), { ...who, level: 5 }))).toBe("CONNACK 1");
  });

  it("reads a CONNACK whose properties need a longer Remaining Length", async () => {
    const properties = { reasonString: "x".repeat(200) };
    answer = (_packet, socket) => {
      socket.write(
        generate({ cmd: "connack", reasonCode: 0x87, sessionPresent: false, properties }, { protocolVersion: 5 }),
      );
    };
    expect(await refusalOf(connect(benchWith(), loopback(port), { ...who, level: 5 }))).toBe("CONNACK 135");
  });

  it("is refused when the broker closes instead of answering", async () => {
    answer = (_packet, socket) => socket.end();
    expect(await refusalOf(connect(benchWith(), loopback(port), who))).toBe("closed");
  });

  it("is refused when the broker resets instead of answering", async () => {
    answer = (_packet, socket) => socket.resetAndDestroy();
    expect(await refusalOf(connect(benchWith(), loopback(port), who))).toBe("closed");
  });

  it("is unknown when nothing is answered in time", async () => {
    expect(await refusalOf(connect(benchWith(), loopback(port), who, { withinMs: 40 }))).toMatch(
      /^unknown: no CONNACK/,
    );
  });

  it("is unknown where nobody listens", async () => {
    server.close();
    expect(await refusalOf(connect(benchWith(), loopback(port), who))).toMatch(/^unknown: .*ECONNREFUSED/);
  });

  it("ends at once when its stage ends", async () => {
    const stage = new AbortController();
    const waiting = connect(benchWith({ signal: stage.signal }), loopback(port), who, { withinMs: 30_000 });
    setTimeout(() => stage.abort(), 10);
    expect(await refusalOf(waiting)).toMatch(/^unknown: was told to stop/);
  });
});

describe("a session", () => {
  it("acknowledges what it receives and keeps it", async () => {
    const acknowledged: number[] = [];
    answer = (packet, socket) => {
      broker(packet, socket);
      if (packet.cmd === "puback" && packet.messageId !== undefined) acknowledged.push(packet.messageId);
      if (packet.cmd !== "subscribe") return;
      const message = {
        cmd: "publish",
        topic: "t",
        payload: "hello",
        qos: 1,
        messageId: 9,
        dup: false,
        retain: true,
      } as const;
      socket.write(generate(message));
    };
    await using session = await connect(benchWith(), loopback(port), who);
    expect(await session.subscribe(["t"], 1)).toEqual([1]);
    expect(await session.until(({ payload }) => payload === "hello", 500)).toEqual({
      topic: "t",
      payload: "hello",
      retain: true,
      dup: false,
      qos: 1,
    });
    expect(await session.ping(500)).toBe(true);
    expect(acknowledged).toEqual([9]);
  });

  it("does not lose a message that arrives together with CONNACK", async () => {
    const early = generate({ cmd: "publish", topic: "t", payload: "early", qos: 0, dup: false, retain: false });
    answer = (packet, socket) => {
      if (packet.cmd === "connect") socket.write(Buffer.concat([admitted, early]));
    };
    await using session = await connect(benchWith(), loopback(port), who);
    expect(await session.until(() => true, 500)).toMatchObject({ payload: "early" });
  });

  it("tells an acknowledged PUBLISH from one that was not", async () => {
    answer = broker;
    await using session = await connect(benchWith(), loopback(port), who);
    expect(await session.publish("t", "x")).toEqual({ acknowledged: false });
    expect(await session.publish("t", "x", { qos: 1 })).toEqual({ acknowledged: true, code: 0 });
  });

  it("is refused where the broker closes on a SUBSCRIBE", async () => {
    answer = (packet, socket) => (packet.cmd === "subscribe" ? socket.end() : broker(packet, socket));
    await using session = await connect(benchWith(), loopback(port), who);
    expect(await refusalOf(session.subscribe(["#"]))).toBe("closed");
  });

  it("says that a ping went unanswered", async () => {
    answer = (packet, socket) => (packet.cmd === "pingreq" ? undefined : broker(packet, socket));
    await using session = await connect(benchWith(), loopback(port), who);
    expect(await session.ping(30)).toBe(false);
  });
});

describe("a connection", () => {
  it.each([
    [
      "fin",
      "them",
      (socket: Socket): void => {
        socket.end();
      },
    ],
    [
      "reset",
      "them",
      (socket: Socket): void => {
        socket.resetAndDestroy();
      },
    ],
  ] as const)("tells a %s by %s", async (how, by, act) => {
    answer = (_packet, socket) => act(socket);
    await using connection = await dial(benchWith(), loopback(port));
    connection.send(generate({ cmd: "pingreq" }));
    expect(await connection.ended).toEqual({ how, by });
  });

  it("ends by us when we close it", async () => {
    const connection = await dial(benchWith(), loopback(port));
    connection.close();
    expect(await connection.ended).toMatchObject({ by: "us" });
  });

  it("survives bytes that are no MQTT, and keeps them", async () => {
    atOnce = (socket) => socket.write(Uint8Array.of(0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0x17));
    await using connection = await dial(benchWith(), loopback(port));
    await connection.until(() => (connection.received.length > 0 ? true : undefined), 500);
    expect([...connection.received]).toEqual([0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0x17]);
    expect(connection.packets).toEqual([]);
    expect(connection.isOpen).toBe(true);
  });

  it("stops listening to a peer that never stops talking", async () => {
    atOnce = (socket) => {
      for (let n = 0; n < 6; n += 1) socket.write(Buffer.alloc(1024 * 1024));
    };
    await using connection = await dial(benchWith(), loopback(port));
    expect(await connection.ended).toMatchObject({ by: "us" });
  });

  it("hands out each packet once, in order", async () => {
    atOnce = (socket) => {
      socket.write(Buffer.concat([1, 2].map((messageId) => generate({ cmd: "puback", messageId }))));
    };
    await using connection = await dial(benchWith(), loopback(port));
    expect(await connection.next("puback", 500)).toMatchObject({ messageId: 1 });
    expect(await connection.next("puback", 500)).toMatchObject({ messageId: 2 });
    expect(await connection.next("puback", 20)).toBeUndefined();
  });

  it("writes every byte and the end to the wire", async () => {
    const seen: string[] = [];
    const stream: WireStream = {
      reference: { file: "evidence/test.pcapng", stream: 7 },
      sent: (bytes) => void seen.push(`sent ${hex(bytes)}`),
      received: (bytes) => void seen.push(`received ${hex(bytes)}`),
      closed: (how, by) => void seen.push(`${how} by ${by}`),
    };
    answer = (packet, socket) => (packet.cmd === "pingreq" ? socket.end() : broker(packet, socket));
    const session = await connect(benchWith({ wire: { open: () => stream } }), loopback(port), { clientId: "c" });
    await session.ping(500);
    await session.ended;
    expect(session.reference.stream).toBe(7);
    expect(seen).toEqual(["sent 100d00044d5154540402003c000163", "received 20020000", "sent c000", "fin by them"]);
  });

  it("comes from the address that it was told to", async () => {
    const sources: (string | undefined)[] = [];
    atOnce = (socket) => void sources.push(socket.remoteAddress);
    await using _one = await dial(benchWith(), loopback(port), { from: "127.0.0.3" });
    expect(sources).toEqual(["127.0.0.3"]);
  });

  it("falls back to the usual source, and says so, where it cannot have that address", async () => {
    const history: Observation[] = [];
    await using connection = await dial(benchWith({}, history), loopback(port), { from: "192.0.2.1" });
    expect(connection.isOpen).toBe(true);
    expect(history).toMatchObject([{ action: "source.unavailable", detail: { from: "192.0.2.1" } }]);
  });
});

describe("a WebSocket", () => {
  it("carries the same session in frames of subprotocol mqtt", async () => {
    const web = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/mqtt" });
    await once(web, "listening");
    const seen: string[] = [];
    web.on("connection", (socket) => {
      seen.push(socket.protocol);
      socket.on("message", () => socket.send(admitted));
    });
    try {
      const bound = web.address();
      const at = loopback(typeof bound === "object" && bound !== null ? bound.port : 0, "ws");
      await using session = await connect(benchWith(), at, who);
      expect(session.connack.code).toBe(0);
      expect(seen).toEqual(["mqtt"]);
      for (const client of web.clients) client.terminate();
      expect(await session.ended).toMatchObject({ by: "them" });
    } finally {
      web.close();
    }
  });

  it("is refused with the HTTP status where the upgrade is", async () => {
    server.removeAllListeners("connection");
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    expect(await refusalOf(connect(benchWith(), loopback(port, "ws"), who))).toBe("HTTP 403");
  });

  it("is unknown where the upgrade is never answered", async () => {
    expect(await refusalOf(connect(benchWith(), loopback(port, "ws"), who, { withinMs: 60 }))).toMatch(/^unknown/);
  });
});

describe("TLS", () => {
  it("is refused where the peer closes during the handshake", async () => {
    atOnce = (socket) => void socket.end();
    expect(await refusalOf(connect(benchWith(), loopback(port, "mqtts"), who))).toBe("closed");
  });

  it("is unknown where the handshake never ends", async () => {
    expect(await refusalOf(connect(benchWith(), loopback(port, "mqtts"), who, { withinMs: 60 }))).toMatch(/^unknown/);
  });
});

describe("serves", () => {
  it("holds where the best of three tries is answered", async () => {
    let connects = 0;
    answer = (packet, socket) => {
      if (packet.cmd === "connect" && ++connects < 3) socket.end();
      else broker(packet, socket);
    };
    const history: Observation[] = [];
    expect(await serves(benchWith({}, history), loopback(port), who, 500)).toBe(true);
    expect(history.filter(({ phase }) => phase === "refused")).toHaveLength(2);
  });

  it("does not hold where PINGRESP is missing", async () => {
    answer = (packet, socket) => (packet.cmd === "pingreq" ? undefined : broker(packet, socket));
    expect(await serves(benchWith(), loopback(port), who, 20)).toBe(false);
  });
});

it("gives attackers a source of their own only on loopback", () => {
  expect(attackerSource(loopback(1))).toBe("127.0.0.2");
  expect(attackerSource({ ...loopback(1), host: "10.1.2.3" })).toBeUndefined();
  expect(attackerSource({ ...loopback(1), host: "::1" })).toBeUndefined();
});
