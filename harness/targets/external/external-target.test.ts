import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Identities } from "#contract/identity.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, TargetOrder } from "#contract/target.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { freePort } from "../process/free-port.ts";
import { externalTarget } from "./external-target.ts";

const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);
const order = (devices: number): TargetOrder => ({
  posture: "hardened",
  knobs: {},
  devices,
  lease: () => {},
  environment: {},
});

let server: Server | undefined;
afterEach(() => void server?.close());

/** A broker that answers every CONNECT with this CONNACK code. */
async function brokerAnswering(code: number): Promise<string> {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Uint8Array.of(0x20, 2, 0, code)));
  });
  const port = await freePort();
  const listening = server;
  await new Promise<void>((resolve) => void listening.listen(port, "127.0.0.1", resolve));
  return `mqtt://127.0.0.1:${port}`;
}

const devices = ["a", "b"].map((clientId) => ({
  clientId,
  topics: { telemetry: `${clientId}/t`, state: `${clientId}/s`, command: `${clientId}/c`, config: `${clientId}/f` },
}));
const listed: Identities = { operator: { clientId: "op", username: "op", password: "secret" }, devices };

function start(given: Parameters<typeof externalTarget>[0], count = 2, history: Observation[] = []) {
  return externalTarget(given).start(benchOf(history, { clock: realClock(), runId: "r1" }), claim, order(count));
}

describe("a target given by URL", () => {
  it("is left as it is: it can nothing, and disposing of it does nothing", async () => {
    const url = await brokerAnswering(0);
    await using target = await start({ url });
    expect(target.can).toEqual({});
    expect(externalTarget({ url }).offers).toEqual([]);
    expect(target.facts).toMatchObject({ id: url, fidelity: "emulated" });
    expect(target.address("mqtt")).toBe(target.main);
    expect(target.address("mqtts")).toBeUndefined();
  });

  it("is there, too, when it refuses strangers", async () => {
    await using target = await start({ url: await brokerAnswering(5) });
    expect(target.main.scheme).toBe("mqtt");
  });

  it("gives everyone a name of this run and no credentials where no identities file was given, and says so", async () => {
    const history: Observation[] = [];
    await using target = await start({ url: await brokerAnswering(0) }, 3, history);
    const { operator, intruder, victim, devices: fleet } = target.identities;
    const all = [operator, intruder, victim, ...fleet];
    const ids = all.map((identity) => identity?.clientId ?? "");
    expect(new Set(ids).size).toBe(6);
    expect(ids.every((id) => id.endsWith("-r1"))).toBe(true);
    expect(all.every((identity) => identity?.username === undefined && identity?.password === undefined)).toBe(true);
    expect(history.map(({ action }) => action)).toContain("identities.anonymous");
  });

  it("uses the user's identities as they are, and promises no others", async () => {
    const url = await brokerAnswering(0);
    await using target = await start({ url, identities: listed });
    expect(target.identities).toBe(listed);
    expect(externalTarget({ url, identities: listed }).gives).toEqual({ roles: ["operator"], devices: 2 });
  });

  it("refuses a fleet that is larger than the identities, with both numbers", async () => {
    const starting = start({ url: await brokerAnswering(0), identities: listed }, 5);
    await expect(starting).rejects.toMatchObject({
      code: "E_PLAN",
      message: expect.stringMatching(/5 devices.*lists 2/),
    });
  });

  it("is unreachable where nobody listens", async () => {
    const starting = start({ url: `mqtt://127.0.0.1:${await freePort()}` });
    await expect(starting).rejects.toMatchObject({
      code: "E_TARGET_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});
