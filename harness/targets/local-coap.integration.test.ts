import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Calling, CallOrder } from "#contract/coap.ts";
import type { Identity } from "#contract/identity.ts";
import type { JsonObject, Observation } from "#contract/observation.ts";
import type { Claim, Left, Posture, RunningTarget, Target } from "#contract/target.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { Leases, reapOrphans } from "#store/leases.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { openSecureReader } from "./external/coap-reader.ts";
import { localCoapClient } from "./local-coap-client.ts";
import { localCoapRd } from "./local-coap-rd.ts";
import { localCoapServerGnutls } from "./local-coap-server-gnutls.ts";
import { localCoapServerNotls } from "./local-coap-server-notls.ts";
import { localCoapServerOpenssl } from "./local-coap-server-openssl.ts";

const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);
const history: Observation[] = [];
const pids: number[] = [];

function bench(): Bench {
  return benchOf(history, { clock: realClock(), random: randomOf(7), actor: "target:local:coap" });
}

const lease = (left: Left) => {
  if ("pid" in left) pids.push(left.pid);
};

async function start(
  target: Target,
  posture: Posture = "hardened",
  { knobs = {}, devices = 2 }: { readonly knobs?: JsonObject; readonly devices?: number } = {},
): Promise<RunningTarget> {
  return stack.use(await target.start(bench(), claim, { posture, knobs, devices, lease, environment: {} }));
}

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
  vi.unstubAllEnvs();
  history.length = 0;
  pids.length = 0;
});

/** What a server answers without security, as code and text; undefined where nothing comes. */
async function answer(
  at: LabAddress,
  path: string,
  asked: { readonly code?: number; readonly payload?: string; readonly withinMs?: number } = {},
): Promise<string | undefined> {
  await using probe = await openProbe(bench(), at);
  const { code: method = code.get, payload = "", withinMs = 4_000 } = asked;
  const message = await probe.ask({ code: method, options: pathOptions(path), payload }, withinMs);
  return message && `${codeText(message.code)} ${Buffer.from(message.payload).toString()}`.trim();
}

/** The same with PSK; what went wrong where no session came of it. */
async function secureAnswer(target: RunningTarget, path: string, as: Identity, withinMs = 5_000): Promise<string> {
  try {
    await using reader = await openSecureReader(bench(), must(target.address("coaps")), as, withinMs);
    const reading = await reader.read(path, 2_000);
    return `${codeText(reading.code)} ${reading.payload.toString()}`.trim();
  } catch (cause) {
    return String(cause);
  }
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the target has no such thing");
  return value;
}

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

const servers = [localCoapServerNotls, localCoapServerOpenssl, localCoapServerGnutls] as const;

describe.each(servers.map((target) => ({ id: target.id, target })))("$id", ({ id, target }) => {
  it("answers for each of its resources what they are said to be good for", async () => {
    const { main, resources: said, facts } = await start(target);
    const resources = must(said);
    expect(facts.product).toMatch(/^coap-server-\w+ \d+\.\d+\.\d+ \(libcoap\)$/);
    expect(await answer(main, must(resources.open))).toMatch(/^2\.05 ./);
    // One block of more than one.
    expect((await answer(main, must(resources.large)))?.length).toBe("2.05 ".length + 1_024);
    for (const path of resources.sensitive) expect(await answer(main, path)).toMatch(/^2\.05 ./);
    for (const path of [must(resources.actuator), must(resources.upload)]) {
      // It calls a resource of its own created where nobody has read it yet.
      expect(await answer(main, path, { code: code.put, payload: "canary" })).toMatch(/^2\.0[14]$/);
      expect(await answer(main, path)).toBe("2.05 canary");
    }
  });

  it("takes new resources only when weak, or where a fleet needs room", async () => {
    const weak = await start(target, "weak", { devices: 0 });
    expect(await answer(weak.main, `${weak.resources?.creatable}/a`, { code: code.put, payload: "x" })).toBe("2.01");
    const hardened = await start(target, "hardened", { devices: 0 });
    expect(hardened.resources?.creatable).toBeUndefined();
    expect(await answer(hardened.main, "new/a", { code: code.put, payload: "x" })).toBe("4.06");
    const { main, resources, identities } = await start(target, "hardened", { devices: 1 });
    const { command, telemetry, state, config } = must(identities.devices[0]).topics;
    expect(await answer(main, command)).toBe("2.05");
    for (const path of [telemetry, state, config, must(resources?.creatable)]) {
      expect(await answer(main, path, { code: code.put, payload: "x" })).toBe("2.01");
    }
    expect(await answer(main, "one-too-many", { code: code.put, payload: "x" })).toBe("4.06");
  });

  it("comes back on the same port after a restart and after a kill, with all that it held", async () => {
    const { main, can, resources } = await start(target);
    const actuator = must(resources?.actuator);
    await answer(main, actuator, { code: code.put, payload: "canary" });
    const restarted = can.restart?.(300);
    await expect.poll(() => isAlive(pids[0])).toBe(false);
    expect(await answer(main, actuator, { withinMs: 100 })).toBeUndefined();
    await restarted;
    expect(await answer(main, actuator)).toBe("2.05 lock");
    await can.kill?.(0);
    expect(await answer(main, actuator)).toBe("2.05 lock");
    expect(pids).toHaveLength(3);
    expect(history.filter(({ action }) => action === "exited")).toEqual([]);
  });

  it("answers nothing while it is paused", async () => {
    const { main, can } = await start(target);
    const pause = await can.pause?.();
    expect(await answer(main, "time", { withinMs: 300 })).toBeUndefined();
    await pause?.[Symbol.asyncDispose]();
    expect(await answer(main, "time")).toMatch(/^2\.05/);
  });

  it("listens where it says, on ports of its own for each start", async () => {
    const [one, other] = [await start(target), await start(target)];
    expect(one.main.port).not.toBe(other.main.port);
    for (const scheme of target.listens ?? []) expect(one.address(scheme)).toBeDefined();
    expect(one.address("coaps")?.port).toBe(id.endsWith("notls") ? undefined : one.main.port + 1);
  });
});

describe.each([localCoapServerOpenssl, localCoapServerGnutls].map((target) => ({ id: target.id, target })))(
  "the keys of $id",
  ({ target }) => {
    it("are each device's own when hardened, and open nothing in other hands", async () => {
      const running = await start(target);
      const { victim, intruder, operator, devices } = running.identities;
      const path = must(running.resources?.sensitive[0]);
      for (const as of [victim, intruder, operator, devices[1]]) {
        expect(await secureAnswer(running, path, must(as))).toMatch(/^2\.05 ./);
      }
      const stolen = { ...must(victim), ...(intruder?.password !== undefined && { password: intruder.password }) };
      const manual = { clientId: "x", password: "secretPSK" };
      for (const as of [stolen, manual]) expect(await secureAnswer(running, path, as, 500)).not.toMatch(/^2\./);
    });

    it("are the one of the manuals when weak, for whoever comes", async () => {
      const running = await start(target, "weak");
      const path = must(running.resources?.sensitive[0]);
      expect(running.identities.victim?.password).toBe("secretPSK");
      expect(await secureAnswer(running, path, { clientId: "anybody", password: "secretPSK" })).toMatch(/^2\.05 ./);
    });

    it("do not close the plain port, whose actuator stays open to anybody", async () => {
      const { main, resources } = await start(target);
      const path = must(resources?.actuator);
      expect(await answer(main, path, { code: code.put, payload: "canary" })).toBe("2.04");
      expect(await answer(main, path)).toBe("2.05 canary");
    });

    it("are known after a restart, too", async () => {
      const running = await start(target);
      await running.can.restart?.(0);
      const path = must(running.resources?.sensitive[0]);
      expect(await secureAnswer(running, path, must(running.identities.victim))).toMatch(/^2\.05 ./);
    });
  },
);

it("answers for its slow resource by and by", async () => {
  const { main, resources } = await start(localCoapServerNotls);
  expect(await answer(main, must(resources?.slow))).toBe("2.05 done");
});

describe("the knobs of coap-server", () => {
  it("make it a proxy to any server", async () => {
    const [proxy, origin] = [
      await start(localCoapServerNotls, "hardened", { knobs: { proxy: true } }),
      await start(localCoapRd),
    ];
    await using probe = await openProbe(bench(), proxy.main);
    const uri = { number: 35, value: Buffer.from(`coap://127.0.0.1:${origin.main.port}/.well-known/core`) };
    const reply = await probe.ask({ code: code.get, options: [uri] }, 4_000);
    expect(Buffer.from(must(reply).payload).toString()).toContain("core.rd");
  });

  it("put a second server into the group of all CoAP nodes, on the loopback interface", async () => {
    const { resources } = await start(localCoapServerNotls, "weak", { knobs: { multicast: true } });
    // It is ready only once a member has answered a question to the group.
    expect(resources?.group).toMatchObject({ host: "224.0.1.187" });
    expect(pids).toHaveLength(2);
  });
});

describe("local:coap-rd", () => {
  it("takes registrations, and lists them", async () => {
    const { main, resources, facts } = await start(localCoapRd, "weak");
    const path = `${must(resources?.directory)}?ep=node1&lt=600`;
    expect(await answer(main, path, { code: code.post, payload: "</t>;rt=temperature" })).toBe("2.01");
    expect(await answer(main, ".well-known/core")).toContain("</rd/");
    expect(facts.product).toMatch(/^coap-rd-notls \d/);
  });

  it("speaks coaps with one key for everybody when hardened", async () => {
    const running = await start(localCoapRd);
    const { operator, intruder } = running.identities;
    expect(operator?.password).toBe(intruder?.password);
    expect(await secureAnswer(running, ".well-known/core", must(intruder))).toContain("core.rd");
    const wrong = { clientId: "x", password: "no" };
    expect(await secureAnswer(running, ".well-known/core", wrong, 500)).not.toMatch(/^2\./);
    await running.can.restart?.(0);
    expect(await secureAnswer(running, ".well-known/core", must(intruder))).toContain("core.rd");
  });
});

async function calling(target: RunningTarget, order: CallOrder): Promise<Calling> {
  return stack.use(await must(target.caller).call(order));
}

describe("local:coap-client", () => {
  it("takes what its server says, once a second, and ends when it is told to", async () => {
    const device = await start(localCoapClient);
    const calls = await calling(device, { at: device.main, does: "read", path: must(device.resources?.actuator) });
    await expect.poll(() => calls.taken(), { timeout: 5_000 }).toEqual(["lock", "lock"]);
    await calls[Symbol.asyncDispose]();
    expect(pids.slice(1).some(isAlive)).toBe(false);
    const taken = calls.taken().length;
    const runs = pids.length;
    await bench().clock.sleep(1_300);
    expect([calls.taken().length, pids.length]).toEqual([taken, runs]);
  });

  it("observes, and puts readings", async () => {
    const device = await start(localCoapClient);
    const [time, upload] = [must(device.resources?.ticking), must(device.resources?.upload)];
    const observing = await calling(device, { at: device.main, does: "observe", path: time });
    const reporting = await calling(device, { at: device.main, does: "report", path: upload });
    await expect.poll(() => observing.taken().length, { timeout: 6_000 }).toBeGreaterThan(2);
    expect(new Set(observing.taken()).size).toBe(observing.taken().length);
    expect(await answer(device.main, upload)).toMatch(/^2\.05 \d\d\.\d$/);
    expect(reporting.taken()).toEqual([]);
  });

  it("calls by DTLS with the credentials that it is given, or takes nothing", async () => {
    const device = await start(localCoapClient);
    const server = await start(localCoapServerOpenssl);
    const order = { at: must(server.address("coaps")), does: "read", path: must(server.resources?.actuator) } as const;
    const right = await calling(device, { ...order, as: must(server.identities.victim) });
    const wrong = await calling(device, { ...order, as: { ...must(server.identities.victim), password: "wrong" } });
    await expect.poll(() => right.taken().length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(wrong.taken()).toEqual([]);
  });

  it("has a server beside it, which can be restarted", async () => {
    const device = await start(localCoapClient);
    expect(device.facts.product).toMatch(/^coap-client .*coap-server-notls/);
    await device.can.restart?.(0);
    expect(await answer(device.main, "time")).toMatch(/^2\.05/);
  });
});

it("notes an end that nobody asked for", async () => {
  await start(localCoapServerNotls);
  process.kill(must(pids[0]), "SIGKILL");
  await expect
    .poll(() => history.find(({ action }) => action === "exited")?.detail)
    .toMatchObject({ signal: "SIGKILL" });
});

it("leaves no process, no key and no used port behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "test-secrets-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  vi.stubEnv("TMPDIR", folder);
  const target = await start(localCoapServerOpenssl);
  expect(readdirSync(folder)).toEqual([]);
  await target[Symbol.asyncDispose]();
  expect(isAlive(pids[0])).toBe(false);
  const socket = createSocket("udp4").bind(target.main.port, "127.0.0.1");
  await once(socket, "listening");
  socket.close();
});

it("is ended by the next start where this one was killed", async () => {
  await start(localCoapServerNotls);
  const directory = mkdtempSync(join(tmpdir(), "test-leases-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  new Leases(directory, "killed-run").take({ pid: must(pids[0]), what: "coap-server-notls" });
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    // As if the process with our id were another one by now.
    writeFileSync(path, readFileSync(path, "utf8").replace(/("owner":\{"pid":\d+,"began":)"\d+"/, '$1"0"'));
  }
  expect(reapOrphans(directory).ended).toHaveLength(1);
  await expect.poll(() => isAlive(pids[0])).toBe(false);
});

it("writes what the server logs in sums, not line by line", async () => {
  const target = await start(localCoapServerNotls);
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  // An option of reserved length.
  const malformed = Buffer.of(0x40, 1, 0, 1, 0xf0);
  socket.connect(target.main.port, "127.0.0.1");
  await once(socket, "connect");
  const send = promisify<Buffer, number>((bytes, done) => socket.send(bytes, done));
  for (let n = 0; n < 50; n += 1) await send(malformed);
  await expect.poll(() => answer(target.main, "time")).toMatch(/^2\.05/);
  socket.close();
  await target[Symbol.asyncDispose]();
  const logs = history.filter(({ action }) => action === "log");
  expect(logs.length).toBeLessThan(5);
  expect(JSON.stringify(logs)).toContain('"protocol":50');
});
