import { describe, expect, it } from "vitest";
import type { Observation } from "#contract/observation.ts";
import type { Claim, TargetOrder } from "#contract/target.ts";
import { code } from "#simulator/coap/code.ts";
import { honestCoap } from "#simulator/coap/honest-client.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { embeddedCoap } from "./embedded-coap.ts";

const claim: Claim = async ({ scheme, port, host: _host, ...more }) => loopback(port, scheme, more);

function start(order: Partial<TargetOrder> = {}, claims = claim, history: Observation[] = []) {
  const bench = benchOf(history, { clock: realClock(), actor: "target:embedded-coap" });
  return embeddedCoap.start(bench, claims, {
    posture: "hardened",
    knobs: {},
    devices: 3,
    lease: () => {},
    environment: {},
    ...order,
  });
}

type Running = Awaited<ReturnType<typeof start>>;

function groundOf(target: Running) {
  const secure = target.address("coaps");
  return { at: target.main, listeners: secure === undefined ? [] : [secure] };
}

describe("the target embedded-coap", () => {
  it("tells what it is, and in which knobs", async () => {
    await using target = await start({ knobs: { proxy: "open" }, devices: 2_000 });
    expect(target.facts).toMatchObject({
      id: "embedded-coap",
      product: "seatrial device server",
      fidelity: "simulated",
      posture: "hardened",
      knobs: { proxy: "open", plainAccess: "public-only", maxObservers: 4_064 },
    });
    expect(target.resources).toMatchObject({ open: "info", actuator: "devices/victim/command", lwm2m: true });
  });

  it("hands out identities that it serves by coaps, as many as were ordered", async () => {
    await using target = await start();
    const { operator, intruder, victim, devices } = target.identities;
    expect(devices.map(({ clientId }) => clientId)).toEqual(["device-0001", "device-0002", "device-0003"]);
    const bench = benchOf([], { clock: realClock() });
    for (const identity of [operator, intruder, victim, ...devices]) {
      if (identity === undefined) throw new Error("an identity is missing");
      await using client = await honestCoap(bench, groundOf(target), identity);
      expect((await client.ask({ code: code.get, path: "info" })).code).toBe(code.content);
    }
    expect(new Set([operator, intruder, victim, ...devices].map((each) => each?.password)).size).toBe(6);
  });

  it("listens on what it says, and plain CoAP is its main address", async () => {
    await using target = await start();
    expect(embeddedCoap.listens?.map((scheme) => target.address(scheme)?.scheme)).toEqual([
      "coap",
      "coaps",
      "coap+tcp",
    ]);
    expect(target.main).toBe(target.address("coap"));
    expect(target.address("mqtt")).toBeUndefined();
  });

  it("can undergo what it offers, and nothing else", async () => {
    await using target = await start();
    expect(Object.keys(target.can).toSorted()).toEqual(embeddedCoap.offers.toSorted());
    await target.can.kill?.(5);
    await target.can.restart?.(5);
    const frozen = await target.can.pause?.();
    const bench = benchOf([], { clock: realClock() });
    await using client = await honestCoap(bench, { at: target.main, listeners: [] });
    const asking = client.ask({ code: code.get, path: "info" });
    await frozen?.[Symbol.asyncDispose]();
    expect((await asking).payload.toString()).toBe("seatrial device server");
  });

  it("is a device that calls servers, too", async () => {
    await using target = await start();
    await using calling = await target.caller?.call({ at: target.main, does: "read", path: "info" });
    await expect.poll(() => calling?.taken()[0]).toBe("seatrial device server");
  });

  it("leaves nothing that listens where an address is not granted", async () => {
    const asked: number[] = [];
    const refuse: Claim = async ({ port }) => {
      asked.push(port);
      throw new Error("not in scope");
    };
    await expect(start({}, refuse)).rejects.toThrow("not in scope");
    const again = await openUdpPort({ host: "127.0.0.1", port: asked[0] ?? 0 });
    await again.close();
  });
});
