import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeviceType, FleetCounters } from "#contract/device.ts";
import type { RunningFleet } from "#contract/fleet.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";
import { sleep } from "../behaviours/sleep.ts";
import { telemetry } from "../behaviours/telemetry.ts";
import { code } from "../coap/code.ts";
import { option, optionNumber } from "../coap/option.ts";
import { type CoapServer, startCoapServer } from "../coap/server.ts";
import { weakServer } from "../coap/server-knobs.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import { gasMeter } from "../devices/gas-meter.ts";
import { light } from "../devices/light.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { fleetOf } from "./fleet.ts";

const clock = realClock();
let server: CoapServer;
let port: number;
let history: Observation[];
let fleet: RunningFleet | undefined;
/** What the server was asked: `POST rd?ep=…`, and the last body of each path. */
let asked: { readonly what: string; readonly host: string; readonly port: number }[];
let bodies: Map<string, string>;
let says: (request: CoapRequest, path: string) => CoapResponse | undefined;

const methods = ["", "GET", "POST", "PUT", "DELETE"];

beforeEach(async () => {
  history = [];
  asked = [];
  bodies = new Map();
  says = () => undefined;
  const udp = await openUdpPort({ host: "127.0.0.1", port: 0 });
  port = udp.local.port;
  server = startCoapServer(
    udp,
    { clock, random: randomOf(2) },
    { knobs: weakServer, handle, isObservable: () => true },
  );
});

afterEach(async () => {
  await fleet?.[Symbol.asyncDispose]();
  fleet = undefined;
  await server[Symbol.asyncDispose]();
});

function handle(request: CoapRequest): CoapResponse {
  const { peer, query, payload } = request;
  const path = request.path.join("/");
  const what = `${methods[request.code]} ${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  asked.push({ what, host: peer.host, port: peer.port });
  const said = says(request, path);
  if (said !== undefined) return said;
  if (path === "rd") {
    return { code: code.created, options: ["rd", "1"].map((part) => option(optionNumber.locationPath, part)) };
  }
  if (request.code === code.get) return { code: code.content, payload: bodies.get(path) ?? "" };
  bodies.set(path, payload.toString());
  return { code: code.changed };
}

async function start(size: number, posture = {}, device: DeviceType = light): Promise<RunningFleet> {
  const bench = benchOf(history, { actor: `device:${device.id}`, clock });
  fleet = await fleetOf({ device, size, posture }).start(bench, {
    at: loopback(port, "coap"),
    identities: Array.from({ length: Math.min(size, 30) }, (_, index) => deviceIdentityOf(`lamp-${index}`)),
    witness: { clientId: "witness" },
  });
  return fleet;
}

function detailsOf(action: string): readonly JsonObject[] {
  return history.filter((seen) => seen.action === action).map(({ detail }) => Object(detail));
}

/** Waits until this holds, at most 5 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5_000 && !holds(); waitedMs += 10) await clock.sleep(10);
  expect(holds()).toBe(true);
}

function count(what: string): number {
  return asked.filter((each) => each.what.startsWith(what)).length;
}

const quick = { ...light, telemetry: { ...light.telemetry, everyMs: 200 } };

describe("a CoAP fleet", () => {
  it("registers each device under its name, from as few sockets as will do, and is settled then", async () => {
    expect(await (await start(30)).settled(3_000)).toBe(true);
    const names = asked.filter(({ what }) => what.startsWith("POST rd?")).map(({ what }) => what);
    expect(new Set(names).size).toBe(30);
    expect(names[0]).toBe("POST rd?ep=lamp-0&lt=60&et=light");
    expect(new Set(asked.map((each) => each.port)).size).toBe(1);
  });

  it("tells how it connects, and that nobody counts what is delivered", async () => {
    await start(3);
    expect(detailsOf("fleet.started")).toMatchObject([
      {
        device: "light",
        speaks: "coap",
        over: "coap",
        sockets: "shared",
        socketCount: 1,
        posture: { sockets: "shared" },
      },
    ]);
    expect(detailsOf("fleet.uncounted")).toEqual([{ because: expect.stringContaining("no witness") }]);
  });

  it("gives each device a socket and an address of its own where it is told to", async () => {
    await (await start(3, { sockets: "own" })).settled(2_000);
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set(["127.64.0.1", "127.64.0.2", "127.64.0.3"]));
    expect(detailsOf("fleet.started")).toMatchObject([{ sockets: "own", socketCount: 3 }]);
  });

  it("reports by PUT, has it acknowledged, and keeps account of it without delivery", async () => {
    await start(5, {}, quick);
    await until(() => bodies.size === 5);
    await fleet?.[Symbol.asyncDispose]();
    expect(JSON.parse(bodies.get("devices/lamp-0/telemetry") ?? "")).toMatchObject({
      seq: expect.any(Number),
      on: true,
    });
    const [account] = detailsOf("fleet.telemetry");
    expect(account).toEqual({
      produced: expect.any(Number),
      buffered: 0,
      dropped: 0,
      acknowledged: account?.["produced"],
    });
  });

  it("obeys a command that comes while it observes, and none that was there before", async () => {
    bodies.set("devices/lamp-0/command", JSON.stringify({ command: "old" }));
    await (await start(2)).settled(2_000);
    await until(() => asked.filter(({ what }) => what.endsWith("/command")).length === 2);
    bodies.set("devices/lamp-0/command", JSON.stringify({ command: "dim", value: 3 }));
    server.changed("devices/lamp-0/command");
    await until(() => detailsOf("device.actuated").length > 0);
    expect(detailsOf("device.actuated")).toEqual([{ clientId: "lamp-0", what: "dim", to: 3 }]);
  });

  it("sends a load profile in blocks, and has it put together whole", async () => {
    await start(1, {}, { ...gasMeter, telemetry: { ...gasMeter.telemetry, everyMs: 300 } });
    await until(() => bodies.size > 0);
    const { loadProfile } = JSON.parse(bodies.get("devices/lamp-0/telemetry") ?? "");
    expect(loadProfile).toHaveLength(96);
  });

  it("is refused, says so and backs off, where the directory does not take it", async () => {
    says = (_request, path) => (path === "rd" ? { code: code.forbidden } : undefined);
    expect(await (await start(4)).settled(2_500)).toBe(false);
    await fleet?.[Symbol.asyncDispose]();
    const refused = detailsOf("fleet.counters").reduce((sum, counters) => sum + Number(counters["refused"]), 0);
    expect(refused).toBeGreaterThanOrEqual(4);
    expect(refused).toBeLessThan(24);
  });

  it("takes leave of the directory at its end", async () => {
    await (await start(2)).settled(2_000);
    await fleet?.[Symbol.asyncDispose]();
    await until(() => asked.at(-1)?.what === "DELETE rd/1");
    expect(asked.filter(({ what }) => what === "DELETE rd/1")).toHaveLength(2);
  });

  it("leaves the directory to sleep, and reports what it took meanwhile when it wakes", async () => {
    const sleeper = { ...quick, sleeps: { awakeMs: 300, asleepMs: 600 }, behaviours: [sleep, telemetry] };
    await start(1, {}, sleeper);
    await until(() => count("DELETE rd/1") === 1);
    const reported = count("PUT");
    expect(reported).toBeLessThanOrEqual(2);
    await until(() => count("POST rd?") === 2 && count("PUT") >= reported + 2);
    expect(lost()).toBe(0);
  });

  it("comes back by itself where its registration is lost", async () => {
    const device = { ...light, keepAliveS: 1 };
    expect(await (await start(2, {}, device)).settled(2_000)).toBe(true);
    let forgets = true;
    says = (request, path) =>
      forgets && path === "rd/1" && request.code === code.post ? { code: code.notFound } : undefined;
    await until(() => lost() === 2);
    forgets = false;
    await until(() => asked.filter(({ what }) => what.startsWith("POST rd?")).length >= 4);
    expect(await fleet?.settled(3_000)).toBe(true);
  });

  it("asks for a socket's worth of room on the machine only where each device has one", async () => {
    await expect(start(10_000_000, { sockets: "own" })).rejects.toMatchObject({ code: "E_LIMIT" });
    expect(history).toEqual([]);
  });
});

function lost(): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fleet under test writes FleetCounters
  const counters = detailsOf("fleet.counters") as unknown as readonly FleetCounters[];
  return counters.reduce((sum, each) => sum + each.lost, 0);
}

it("is settled afresh only once every device has heard the server again, though none has noticed anything", async () => {
  const running = await start(3);
  expect(await running.settled(5_000)).toBe(true);
  await server[Symbol.asyncDispose]();
  expect(await running.settled(100)).toBe(true);
  expect(await running.settled(100, "afresh")).toBe(false);
  server = startCoapServer(
    await openUdpPort({ host: "127.0.0.1", port }),
    { clock, random: randomOf(2) },
    { knobs: weakServer, handle, isObservable: () => true },
  );
  expect(await running.settled(10_000, "afresh")).toBe(true);
});
