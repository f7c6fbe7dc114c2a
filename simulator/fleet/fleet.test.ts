import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningFleet } from "#contract/fleet.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";
import { thermostat } from "../devices/thermostat.ts";
import { fleetOf } from "./fleet.ts";

/** A broker that admits everybody, acknowledges everything and delivers nothing; it keeps what it hears. */
class TinyBroker {
  readonly heard: Packet[] = [];
  readonly connects: IConnectPacket[] = [];
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Sends to everybody. */
  publish(topic: string, payload: string, retain: boolean): void {
    const bytes = generate({ cmd: "publish", topic, payload, qos: 0, retain, dup: false });
    for (const socket of this.sockets) socket.write(bytes);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    const reading = parser();
    socket.on("data", (bytes) => reading.parse(bytes));
    reading.on("packet", (packet) => {
      this.heard.push(packet);
      if (packet.cmd === "connect") this.connects.push(packet);
      const { messageId = 0 } = packet;
      if (packet.cmd === "connect") socket.write(Uint8Array.of(0x20, 2, 0, 0));
      if (packet.cmd === "subscribe") socket.write(generate({ cmd: "suback", messageId, granted: [1] }));
      if (packet.cmd === "publish" && packet.qos === 1) socket.write(generate({ cmd: "puback", messageId }));
    });
  }
}

const clock = realClock();
let broker: TinyBroker;
let port: number;
let history: Observation[];
let fleet: RunningFleet | undefined;

beforeEach(async () => {
  broker = new TinyBroker();
  port = await broker.listen();
  history = [];
});

afterEach(async () => {
  await fleet?.[Symbol.asyncDispose]();
  fleet = undefined;
  broker.close();
});

const identities = Array.from({ length: 20 }, (_, index) => ({
  ...deviceIdentityOf(`room-${index}`),
  username: `room-${index}`,
  password: "s3cret",
}));

async function start(
  size: number,
  posture = {},
  address: Partial<ReturnType<typeof loopback>> = {},
): Promise<RunningFleet> {
  const bench = benchOf(history, { actor: "device:thermostat", clock });
  fleet = await fleetOf({ device: thermostat, size, posture }).start(bench, {
    at: loopback(port, "mqtt", address),
    identities,
  });
  return fleet;
}

function detailsOf(action: string): readonly JsonObject[] {
  return history.filter((seen) => seen.action === action).map(({ detail }) => Object(detail));
}

describe("a fleet", () => {
  it("connects each device as itself, with its last will and its secret", async () => {
    await (await start(3)).settled(2_000);
    expect(broker.connects.map(({ clientId }) => clientId)).toEqual(["room-0", "room-1", "room-2"]);
    for (const { clientId, username, will, keepalive, clean } of broker.connects) {
      expect([username, keepalive, clean]).toEqual([clientId, 30, true]);
      expect(will).toMatchObject({ topic: `devices/${clientId}/state`, qos: 1, retain: true });
    }
  });

  it("announces no will where the posture says none", async () => {
    await (await start(1, { will: "none" })).settled(2_000);
    expect(broker.connects[0]?.will).toBeUndefined();
  });

  it("tells what it is before anything else, with every knob", async () => {
    await start(2, { reconnect: "fixed" });
    expect(history[0]).toMatchObject({ action: "fleet.started", actor: "device:thermostat", phase: "noted" });
    expect(history[0]?.detail).toMatchObject({
      size: 2,
      posture: { reconnect: "fixed", buffer: "bounded", commands: "own-and-fresh", will: "announced" },
      essential: { safeWithinMs: 2_000 },
    });
  });

  it("does not connect faster than the address allows", async () => {
    const running = await start(20, {}, { maxRatePerSecond: 50 });
    const began = clock.nowMs();
    expect(await running.settled(100)).toBe(false);
    expect(await running.settled(2_000)).toBe(true);
    expect(clock.nowMs() - began).toBeGreaterThan(300);
  });

  it("notes a command that had its effect, and none that the broker kept or that was meant for another", async () => {
    await (await start(2)).settled(2_000);
    broker.publish("devices/room-1/command", JSON.stringify({ command: "heat", value: 25 }), true);
    broker.publish("devices/room-7/command", JSON.stringify({ command: "heat", value: 26 }), false);
    broker.publish("devices/room-1/command", JSON.stringify({ command: "heat", value: 27 }), false);
    await clock.sleep(50);
    expect(detailsOf("device.actuated")).toEqual([{ clientId: "room-1", what: "heat", to: 27 }]);
  });

  it("is not settled while a device is away, and says DISCONNECT for each at the end", async () => {
    const running = await start(4, { reconnect: "none" });
    expect(await running.settled(2_000)).toBe(true);
    const [first] = broker.sockets;
    first?.destroy();
    await clock.sleep(50);
    expect(await running.settled(50)).toBe(false);
    await running[Symbol.asyncDispose]();
    await clock.sleep(20);
    expect(broker.heard.filter(({ cmd }) => cmd === "disconnect")).toHaveLength(3);
    expect(detailsOf("fleet.counters").at(-1)).toMatchObject({ size: 4, expected: 4, connected: 3 });
  });

  it("keeps account without a witness, and says nothing about delivery", async () => {
    await (await start(1)).settled(2_000);
    await fleet?.[Symbol.asyncDispose]();
    expect(detailsOf("fleet.telemetry")).toEqual([
      { produced: expect.any(Number), buffered: 0, dropped: 0, acknowledged: expect.any(Number) },
    ]);
  });

  it("asks for as many identities as it has devices", async () => {
    await expect(start(21)).rejects.toMatchObject({ code: "E_PLAN", message: expect.stringContaining("gives 20") });
  });

  it("asks for room on the machine before it starts", async () => {
    await expect(start(10_000_000)).rejects.toMatchObject({ code: "E_LIMIT" });
    expect(history).toEqual([]);
  });
});
