import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LabAddress } from "#contract/bench.ts";
import type { DeviceType, FleetCounters } from "#contract/device.ts";
import type { RunningFleet } from "#contract/fleet.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import type { RunningTarget } from "#contract/target.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";
import { startLibcoap } from "#testing/libcoap.ts";
import { openCoapClient } from "../coap/client.ts";
import { code } from "../coap/code.ts";
import { doorContact } from "../devices/door-contact.ts";
import { gasMeter } from "../devices/gas-meter.ts";
import { light } from "../devices/light.ts";
import { lwm2mDevice } from "../devices/lwm2m-device.ts";
import { smartPlug } from "../devices/smart-plug.ts";
import { openUdpLink } from "../link/udp-link.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { fleetOf } from "./fleet.ts";

const clock = realClock();
const types: readonly DeviceType[] = [light, doorContact, smartPlug, gasMeter, lwm2mDevice];
let history: Observation[];
let stack: AsyncDisposableStack;

beforeEach(() => {
  history = [];
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

const quicker = (device: DeviceType, everyMs = 500): DeviceType => ({
  ...device,
  telemetry: { ...device.telemetry, everyMs },
});

async function start(
  device: DeviceType,
  size: number,
  seat: {
    readonly at: LabAddress;
    readonly listeners?: readonly LabAddress[];
    readonly identities?: readonly DeviceIdentity[];
  },
  posture = {},
): Promise<RunningFleet> {
  const identities = Array.from({ length: size }, (_, index) => deviceIdentityOf(`${device.id}-${index}`));
  const bench = benchOf(history, { actor: `device:${device.id}`, clock });
  return stack.use(await fleetOf({ device, size, posture }).start(bench, { identities, ...seat }));
}

async function home(devices: number): Promise<RunningTarget> {
  return stack.use(
    await embeddedCoap.start(
      benchOf([], { clock }),
      async ({ scheme, port, ...more }) => loopback(port, scheme, more),
      { posture: "hardened", knobs: {}, devices, lease: () => {}, environment: {} },
    ),
  );
}

function seatAt(target: RunningTarget) {
  const secure = target.address("coaps");
  return { at: target.main, listeners: secure ? [secure] : [], identities: target.identities.devices };
}

function detailsOf(action: string): readonly JsonObject[] {
  return history.filter((seen) => seen.action === action).map(({ detail }) => Object(detail));
}

function sum(name: "lost" | "refused" | "published" | "acknowledged" | "functionDue" | "functionPerformed"): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fleet under test writes FleetCounters
  const counters = detailsOf("fleet.counters") as unknown as readonly FleetCounters[];
  return counters.reduce((total, each) => total + each[name], 0);
}

/** Waits until this holds, so long at most. */
async function until(holds: () => boolean, withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs && !holds(); waitedMs += 100) await clock.sleep(100);
  expect(holds()).toBe(true);
}

describe.each(types)("a fleet of $id", (device) => {
  it("does without a directory at libcoap's server, and has every reading acknowledged", async () => {
    const { port } = stack.use(await startLibcoap({ program: "coap-server-notls", args: ["-d", "200"] }));
    const fleet = await start(quicker(device), 20, { at: loopback(port, "coap") });
    expect(await fleet.settled(5_000)).toBe(true);
    await clock.sleep(2_000);
    await fleet[Symbol.asyncDispose]();
    const [account] = detailsOf("fleet.telemetry");
    expect(account?.["produced"]).toBeGreaterThan(40);
    expect(account?.["acknowledged"]).toBe(account?.["produced"]);
    expect([sum("lost"), sum("refused")]).toEqual([0, 0]);
  });

  it("registers at libcoap's directory", async () => {
    const rd = stack.use(await startLibcoap({ program: "coap-rd-notls", args: ["-v", "7"] }));
    const fleet = await start(device, 5, { at: loopback(rd.port, "coap") });
    expect(await fleet.settled(5_000)).toBe(true);
    await until(() => rd.said().match(/c:2\.01/g)?.length === 5, 2_000);
    expect(new Set(rd.said().match(/Uri-Query:ep=[\w-]+/g)).size).toBe(5);
  });

  it("speaks coaps to the embedded server, each with its own key, and has every reading acknowledged", async () => {
    const fleet = await start(quicker(device), 10, seatAt(await home(10)));
    expect(await fleet.settled(8_000)).toBe(true);
    await clock.sleep(2_000);
    await fleet[Symbol.asyncDispose]();
    expect(detailsOf("fleet.started")).toMatchObject([{ over: "coaps", sockets: "own" }]);
    const [account] = detailsOf("fleet.telemetry");
    expect(account?.["produced"]).toBeGreaterThan(20);
    expect(account?.["acknowledged"]).toBe(account?.["produced"]);
  });
});

describe("a CoAP fleet", () => {
  it("speaks DTLS with libcoap on OpenSSL", async () => {
    const server = stack.use(
      await startLibcoap({ program: "coap-server-openssl", args: ["-d", "200", "-k", "secretPSK"] }),
    );
    const identities = Array.from({ length: 10 }, (_, index) => ({
      ...deviceIdentityOf(`light-${index}`),
      password: "secretPSK",
    }));
    const secure = loopback(server.port + 1, "coaps");
    const seat = { at: loopback(server.port, "coap"), listeners: [secure], identities };
    const fleet = await start(quicker(light), 10, seat);
    expect(await fleet.settled(8_000)).toBe(true);
    await clock.sleep(1_500);
    await fleet[Symbol.asyncDispose]();
    const [account] = detailsOf("fleet.telemetry");
    expect(account?.["produced"]).toBeGreaterThan(10);
    expect(account?.["acknowledged"]).toBe(account?.["produced"]);
  });

  it("is refused by a server that knows other keys", async () => {
    const target = await home(4);
    const identities = target.identities.devices.map((device) => ({ ...device, password: "not-the-secret" }));
    const fleet = await start(light, 4, { ...seatAt(target), identities });
    expect(await fleet.settled(3_000)).toBe(false);
    await fleet[Symbol.asyncDispose]();
    expect(sum("refused")).toBeGreaterThanOrEqual(4);
  });

  it("obeys what is put on a command path that it observes at libcoap", async () => {
    const { port } = stack.use(await startLibcoap({ program: "coap-server-notls", args: ["-d", "200"] }));
    const client = stack.use(openCoapClient(await openUdpPort({ host: "127.0.0.1", port: 0 }), benchOf([], { clock })));
    const put = (payload: string) =>
      client.request({
        to: { host: "127.0.0.1", port },
        code: code.put,
        path: "devices/light-0/command",
        payload,
        withinMs: 2_000,
      });
    await put('{"command":"old"}');
    const fleet = await start(light, 2, { at: loopback(port, "coap") });
    expect(await fleet.settled(5_000)).toBe(true);
    await clock.sleep(500);
    await put('{"command":"dim","value":3}');
    await until(() => detailsOf("device.actuated").length > 0, 3_000);
    expect(detailsOf("device.actuated")).toEqual([{ clientId: "light-0", what: "dim", to: 3 }]);
  });

  it("notices a link that is cut, goes on by itself, and returns when it is back", async () => {
    const { port } = stack.use(await startLibcoap({ program: "coap-server-notls", args: ["-d", "200"] }));
    const link = stack.use(await openUdpLink(benchOf(history, { clock }), { host: "127.0.0.1", port }));
    const fleet = await start({ ...quicker(smartPlug), keepAliveS: 3 }, 20, { at: loopback(link.port, "coap") });
    expect(await fleet.settled(5_000)).toBe(true);
    await clock.sleep(1_000);
    const cut = await link.cut();
    await until(() => Number(detailsOf("fleet.counters").at(-1)?.["overdueSafe"]) === 20, 9_000);
    expect(detailsOf("fleet.counters").at(-1)).toMatchObject({ connected: 0, overdue: 20 });
    expect(sum("lost")).toBe(20);
    await cut[Symbol.asyncDispose]();
    expect(await fleet.settled(15_000)).toBe(true);
    await clock.sleep(2_000);
    await fleet[Symbol.asyncDispose]();
    const [account] = detailsOf("fleet.telemetry");
    expect(account).toMatchObject({ buffered: 0, dropped: 0 });
    expect(account?.["acknowledged"]).toBe(account?.["produced"]);
    expect(sum("functionPerformed")).toBe(sum("functionDue"));
    expect(detailsOf("link.restored")).toEqual([{ lost: expect.any(Number) }]);
  });

  it("loses no device on a link that loses a tenth of all exchanges and delays the rest", async () => {
    const { port } = stack.use(await startLibcoap({ program: "coap-server-notls", args: ["-d", "200"] }));
    const link = stack.use(await openUdpLink(benchOf(history, { clock }), { host: "127.0.0.1", port }));
    link.worsen({ lose: 0.05, latencyMs: 40, jitterMs: 30, duplicate: 0.05 });
    // So long that all five transmissions of RFC 7252 fit in: a shorter keep alive gives up before.
    const patient = { ...quicker(light, 2_000), keepAliveS: 120 };
    const fleet = await start(patient, 20, { at: loopback(link.port, "coap") });
    expect(await fleet.settled(15_000)).toBe(true);
    await clock.sleep(8_000);
    expect(sum("lost")).toBe(0);
    expect(sum("acknowledged")).toBeGreaterThan(0.7 * sum("published"));
  });

  it("comes back to a server that was killed and has forgotten all sessions, registrations and observations", async () => {
    const target = await home(10);
    const fleet = await start({ ...quicker(light), keepAliveS: 3 }, 10, seatAt(target));
    expect(await fleet.settled(8_000)).toBe(true);
    await target.can.kill?.(500);
    await until(() => sum("lost") === 10, 10_000);
    expect(await fleet.settled(15_000)).toBe(true);
    await clock.sleep(1_500);
    await fleet[Symbol.asyncDispose]();
    const [account] = detailsOf("fleet.telemetry");
    expect(account).toMatchObject({ buffered: 0, dropped: 0 });
    expect(account?.["acknowledged"]).toBe(account?.["produced"]);
  });
});
