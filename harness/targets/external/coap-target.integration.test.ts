import { spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, RunningTarget, TargetOrder } from "#contract/target.ts";
import { guard } from "#engine/guard.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { localCoapServerOpenssl } from "../local-coap-server-openssl.ts";
import { freePortPair } from "../process/free-port-pair.ts";
import { externalTarget, type GivenIdentities } from "./external-target.ts";

const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);
const order: TargetOrder = { posture: "hardened", knobs: {}, devices: 1, lease: () => {}, environment: {} };
const history: Observation[] = [];
const bench = (speed: number) => benchOf(history, { clock: fastClock(speed), random: randomOf(7), runId: "r1" });
const notes = (action: string) => history.filter((line) => line.action === action).map(({ detail }) => detail);

/** Real time that goes so many times as fast, for what waits. */
function fastClock(speed: number): Clock {
  const clock = realClock();
  return { nowMs: () => clock.nowMs() * speed, sleep: (ms, signal) => clock.sleep(ms / speed, signal) };
}

/** The server's own clock ticks once a real second. */
const whileItTicks = 2;
const whileNothingComes = 10;

/** A server that somebody runs; its key is each identity's own. */
let server: RunningTarget;
beforeAll(async () => {
  server = await localCoapServerOpenssl.start(bench(1), claim, order);
});
afterAll(() => server?.[Symbol.asyncDispose]());

interface Given {
  readonly identities?: GivenIdentities;
  readonly by?: Claim;
  readonly speed?: number;
}

function start(url: string, { identities, by = claim, speed = whileItTicks }: Given = {}): Promise<RunningTarget> {
  history.length = 0;
  return externalTarget({ url, ...(identities && { identities }) }).start(bench(speed), by, order);
}

const plainUrl = () => `coap://127.0.0.1:${server.main.port}`;
const secureUrl = () => `coaps://127.0.0.1:${server.main.port + 1}`;

describe("a CoAP server given by URL", () => {
  it("is asked what it has, and left as it is", async () => {
    await using target = await start(plainUrl());
    expect(target.resources).toEqual({ open: "time", sensitive: [], ticking: "time", large: "example_data" });
    expect(target).toMatchObject({ main: { scheme: "coap" }, can: {} });
    expect(target.address("coap")).toBe(target.main);
    expect(notes("resources.found")).toMatchObject([{ listed: 9, declared: [] }]);
    expect(externalTarget({ url: plainUrl() })).toMatchObject({ speaks: ["coap"], offers: [], listens: ["coap"] });
  });

  it("has the resources that the user's file declares, before those that were found", async () => {
    const resources = { sensitive: ["config"], actuator: "devices/victim/command", open: "config" };
    await using target = await start(plainUrl(), {
      identities: { ...server.identities, resources },
      speed: whileNothingComes,
    });
    expect(target.resources).toMatchObject({ ...resources, large: "example_data" });
  });

  it("is read as the operator by coaps, and its plain port below is found", async () => {
    await using target = await start(secureUrl(), { identities: server.identities });
    expect(target.resources).toMatchObject({ ticking: "time", large: "example_data" });
    expect([target.main.scheme, target.address("coaps")?.port]).toEqual(["coap", server.main.port + 1]);
    expect(notes("listener.looked-for")).toEqual([{ scheme: "coap", port: server.main.port, isOpen: true }]);
  });

  it("is not looked for below its port where the guard does not admit that", async () => {
    const only = `127.0.0.1:${server.main.port + 1}`;
    const strict: Claim = async (where) => {
      if (`${where.host}:${where.port}` === only) return claim(where);
      throw new LabError("E_OUT_OF_SCOPE", "not named", "Name it.");
    };
    await using target = await start(secureUrl(), { by: strict, speed: whileNothingComes });
    expect(target.main.scheme).toBe("coaps");
    expect(target.address("coap")).toBeUndefined();
    expect(notes("listener.not-looked-for")).toHaveLength(1);
  });

  it("is a target, too, where the keys do not open it, and nothing is known of it then", async () => {
    const wrong = { clientId: "operator", username: "operator", password: "wrong" };
    const identities = { operator: wrong, devices: server.identities.devices };
    await using target = await start(secureUrl(), { identities, speed: whileNothingComes });
    expect(target.resources).toEqual({ sensitive: [] });
    expect(notes("resources.unread")).toHaveLength(1);
  });

  it("is reached over TCP, where nothing is read", async () => {
    await using target = await start(`coap+tcp://127.0.0.1:${server.main.port}`);
    expect(target.main.scheme).toBe("coap+tcp");
    expect(target.resources).toEqual({ sensitive: [] });
  });

  it.each(["coap", "coaps", "coap+tcp"])(
    "is unreachable by %s where nobody listens",
    async (scheme) => {
      const starting = start(`${scheme}://127.0.0.1:${await freePortPair()}`, { speed: whileNothingComes });
      await expect(starting).rejects.toMatchObject({
        code: "E_TARGET_UNREACHABLE",
        message: expect.stringContaining("nothing that speaks CoAP answers"),
      });
    },
    20_000,
  );

  it("is not touched where it lies outside of the lab", async () => {
    const strict = guard(async () => ["198.51.100.7"], "2026-01-01T00:00:00Z");
    await expect(start("coaps://coap.example", { by: strict })).rejects.toMatchObject({ code: "E_OUT_OF_SCOPE" });
  });
});

describe("the client that is not ours", () => {
  let silent: Socket;
  beforeAll(async () => {
    silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
  });
  afterAll(() => void silent.close());

  it.each([
    ["answers", () => server.main.port, "done"],
    ["is silent", () => silent.address().port, "no answer"],
  ])("lets the program end at once when a server %s", async (_what, port, says) => {
    const script = `
      import { askWithKeptClient } from "${new URL("./kept-client.ts", import.meta.url).href}";
      const clock = { nowMs: () => 0, sleep: (ms, signal) => new Promise((done) => { const t = setTimeout(done, ms); signal.addEventListener("abort", () => { clearTimeout(t); done(); }); }) };
      const bench = { clock, signal: new AbortController().signal };
      try { await askWithKeptClient(bench, { host: "127.0.0.1", port: ${port()} }, 500); console.log("done"); }
      catch (cause) { console.log(cause.message); }
      console.log(performance.now());`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const began = performance.now();
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [exitCode]: number[] = await once(child, "close");
    const [outcome, endedMs] = said.trim().split("\n");
    expect([exitCode, outcome]).toEqual([0, expect.stringContaining(says)]);
    // Its retransmissions would go on for a minute.
    expect(performance.now() - began - Number(endedMs)).toBeLessThan(1_500);
  });
});
