import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import type { Claim, Posture, RunningTarget } from "#contract/target.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { docker, dockerRuns, leftInDocker } from "#testing/docker.ts";
import { openSecureReader } from "../external/coap-reader.ts";
import { californium } from "./californium/container.ts";
import type { ContainerRecipe } from "./container-recipe.ts";
import { containerTarget } from "./container-target.ts";
import { libcoap } from "./libcoap/container.ts";

const run = `test-coap-${process.pid}`;
const bench = benchOf([], { clock: realClock(), random: randomOf(7), runId: run });
const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);
const canRun = dockerRuns() && [libcoap, californium].every(({ image }) => docker("images", "-q", image) !== "");

const start = (recipe: ContainerRecipe, posture: Posture) =>
  containerTarget(recipe).start(bench, claim, { posture, knobs: {}, devices: 2, lease() {}, environment: {} });

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the target has no such thing");
  return value;
}

/** What it answers without security; undefined where nothing comes. */
async function answer(at: LabAddress, path: string, put?: string, withinMs = 4_000): Promise<string | undefined> {
  await using probe = await openProbe(bench, at);
  const asked = { code: put === undefined ? code.get : code.put, options: pathOptions(path), payload: put ?? "" };
  const message = await probe.ask(asked, withinMs);
  return message && `${codeText(message.code)} ${Buffer.from(message.payload).toString()}`.trim();
}

/** The code that it answers with PSK; what went wrong where no session came of it. */
async function secureCode(target: RunningTarget, path: string, as: Identity): Promise<string> {
  try {
    await using reader = await openSecureReader(bench, must(target.address("coaps")), as, 1_000);
    return codeText((await reader.read(path, 2_000)).code);
  } catch (cause) {
    return String(cause);
  }
}

describe.runIf(canRun).each([
  { recipe: libcoap, product: "coap-server-openssl 4.3.1 (libcoap)" },
  { recipe: californium, product: "californium 3.13.0, under a device server of seatrial's" },
])("a hardened $recipe.name in a container", ({ recipe, product }) => {
  let target: RunningTarget;
  beforeAll(async () => {
    target = await start(recipe, "hardened");
  });
  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
    const left = leftInDocker([run]);
    if (left.length > 0) throw new Error(`left in Docker: ${left.join(", ")}`);
  });

  it("says which version it is, and publishes on loopback alone", () => {
    expect(target.facts.product).toBe(product);
    const published = docker("ps", "--filter", `label=seatrial.run=${run}`, "--format", "{{.Ports}}");
    expect(published.match(/[\d.]+(?=:\d+->)/g)).toEqual(recipe.listeners.map(() => "127.0.0.1"));
    expect(published).toContain("->5683/udp");
  });

  it("has the resources that it says, over the published ports", async () => {
    const resources = must(target.resources);
    for (const path of [resources.open, resources.ticking, resources.large]) {
      expect(await answer(target.main, must(path))).toMatch(/^2\.05 ./);
    }
    const operator = must(target.identities.operator);
    for (const path of [...resources.sensitive, must(resources.actuator), must(resources.upload)]) {
      expect([path, await secureCode(target, path, operator)]).toEqual([path, "2.05"]);
    }
  });

  it("lets in by coaps who has a key, and nobody with another's", async () => {
    const { victim, intruder, devices } = target.identities;
    const path = must(target.resources?.actuator);
    expect(await secureCode(target, path, must(victim))).toBe("2.05");
    expect(await secureCode(target, must(target.resources?.open), must(devices[1]))).toBe("2.05");
    const stolen = { ...must(victim), ...(intruder?.password !== undefined && { password: intruder.password }) };
    expect(await secureCode(target, path, stolen)).not.toMatch(/^2\./);
  });

  it("answers on the same ports after a restart, and nothing while it is paused", async () => {
    const path = must(target.resources?.actuator);
    await target.can.restart?.(0);
    expect(await secureCode(target, path, must(target.identities.victim))).toBe("2.05");
    const pause = await target.can.pause?.();
    expect(await answer(target.main, "time", undefined, 300)).toBeUndefined();
    await pause?.[Symbol.asyncDispose]();
    expect(await answer(target.main, "time")).toMatch(/^2\.05/);
  });

  it("keeps its actuator from strangers, where its program can close the plain port", async () => {
    const path = must(target.resources?.actuator);
    const taken = recipe === californium ? "4.01 only by coaps" : "2.04";
    expect(await answer(target.main, path, "canary")).toBe(taken);
    if (recipe !== californium) return;
    expect(await secureCode(target, path, must(target.identities.intruder))).toBe("4.03");
  });
});

describe.runIf(canRun)("a weak Californium in a container", () => {
  it("lets everybody do everything, and has the key of the manuals", async () => {
    await using target = await start(californium, "weak");
    const { actuator, creatable } = must(target.resources);
    expect(await answer(target.main, must(actuator), "canary")).toBe("2.04");
    expect(await answer(target.main, must(actuator))).toBe("2.05 canary");
    expect(await answer(target.main, `${creatable}/a`, "x")).toBe("2.04");
    expect(await answer(target.main, ".well-known/core")).toContain("</devices/victim/command>");
    expect(await secureCode(target, "config", must(target.identities.intruder))).toBe("2.05");
    expect(target.identities.intruder?.password).toBe("secretPSK");
  });
});
