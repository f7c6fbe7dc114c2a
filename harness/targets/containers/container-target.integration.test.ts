import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import type { Observation } from "#contract/observation.ts";
import type { Capabilities, Claim, Environment, Having, Posture, RunningTarget } from "#contract/target.ts";
import { guard } from "#engine/guard.ts";
import { connect } from "#simulator/mqtt/client.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { docker, dockerRuns } from "#testing/docker.ts";
import type { ContainerRecipe } from "./container-recipe.ts";
import { containerTarget } from "./container-target.ts";
import { mosquitto } from "./mosquitto/container.ts";
import { reapContainers } from "./reap-containers.ts";

const run = `test-${process.pid}`;
const claim: Claim = async ({ port, scheme, path }) => loopback(port, scheme, { ...(path !== undefined && { path }) });
const history: Observation[] = [];
const leases: unknown[] = [];

function bench(given: { readonly signal?: AbortSignal } = {}): Bench {
  return benchOf(history, {
    clock: realClock(),
    random: randomOf(7),
    actor: "target:container:mosquitto",
    runId: run,
    ...given,
  });
}

interface Wish {
  readonly posture?: Posture;
  readonly recipe?: Partial<ContainerRecipe>;
  readonly knobs?: { readonly image?: string };
  readonly environment?: Environment;
  readonly claim?: Claim;
  readonly signal?: AbortSignal;
}

const start = (wish: Wish = {}) =>
  containerTarget({ ...mosquitto, ...wish.recipe }).start(bench(wish), wish.claim ?? claim, {
    posture: wish.posture ?? "hardened",
    knobs: { ...wish.knobs },
    devices: 2,
    lease: (lease) => void leases.push([lease, left()]),
    environment: wish.environment ?? {},
  });

const labelled = ["--filter", `label=seatrial.run=${run}`];
/** Everything that Docker has of a run, by id. */
const leftOf = (id: string) =>
  [
    ["ps", "-aq"],
    ["network", "ls", "-q"],
    ["volume", "ls", "-q"],
  ]
    .flatMap((list) => docker(...list, "--filter", `label=seatrial.run=${id}`).split("\n"))
    .filter((found) => found !== "");
const left = () => leftOf(run);
function nothingLeft(): void {
  if (left().length > 0) throw new Error(`left in Docker: ${left().join(", ")}`);
}
/** The container that serves. */
const serving = () => docker("ps", "-aq", ...labelled, "--filter", "name=-mosquitto");
const inside = (...command: readonly string[]) => docker("exec", serving(), ...command);
const inspected = (format: string) => docker("inspect", "--format", format, serving());

const notes = (action: string) => history.filter((line) => line.action === action).map(({ detail }) => detail);

const refusalOf = async (at: LabAddress, as: Identity): Promise<string> => {
  try {
    await using session = await connect(bench(), at, as, { withinMs: 1_000 });
    return session.isOpen ? "admitted" : "lost";
  } catch (cause) {
    return cause instanceof Refused ? cause.code : String(cause);
  }
};

function role(target: RunningTarget, name: "operator" | "intruder" | "victim" | "witness"): Identity {
  const identity = target.identities[name];
  if (identity === undefined) throw new Error(`no ${name}`);
  return identity;
}

/** What is retained on this topic, or undefined. */
async function retained(target: RunningTarget, topic: string): Promise<string | undefined> {
  await using session = await connect(bench(), target.main, role(target, "operator"));
  await session.subscribe([topic]);
  const message = await session.until((each) => each.topic === topic, 500);
  return message?.payload;
}

const retain = async (target: RunningTarget, topic: string, payload: string): Promise<void> => {
  await using session = await connect(bench(), target.main, role(target, "operator"));
  await session.publish(topic, payload, { qos: 1, retain: true });
};

/** Whether a TCP connection is accepted. */
const accepts = async (port: number): Promise<boolean> => {
  const socket = connectTcp(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("the target has no such thing");
  return value;
};

const everything = ["restart", "kill", "pause", "limitMemory", "fillDisk", "cutNetwork"] as const;
type Able = Having<(typeof everything)[number]>;

function isAble(can: Capabilities): can is Able {
  return everything.every((capability) => can[capability] !== undefined);
}

function able({ can }: RunningTarget): Able {
  if (isAble(can)) return can;
  throw new Error("the target offers less than everything");
}

function hold(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve(server));
  });
}

const has = (image: string) => docker("images", "-q", image) !== "";

/** Builds the image where it is missing, from the base image that lies here or the one that is usual. */
function build(): void {
  if (has(mosquitto.image)) return;
  const base = has("seatrial/base:bookworm") ? ["--build-arg", "BASE_IMAGE=seatrial/base:bookworm"] : [];
  docker("build", "--quiet", "--tag", mosquitto.image, ...base, join(import.meta.dirname, "mosquitto"));
}

const commanded = (...command: readonly string[]): Partial<ContainerRecipe> => ({
  readyWithinMs: 1_500,
  configure: async () => ({ files: [], command }),
});

/** Resolves when it has written what it keeps, which it does every five seconds; who is killed has no time to. */
const saved = async () => {
  const now = inside("date", "+%s");
  const written = () => inside("sh", "-c", "stat -c %Y /mosquitto/data/mosquitto.db || echo 0");
  await expect.poll(() => Number(written()), { timeout: 10_000 }).toBeGreaterThan(Number(now));
};

const write = () => inside("sh", "-c", "echo more > /mosquitto/data/more");

/** Starts a target in another process and kills that once it serves. */
async function killed(id: string): Promise<void> {
  const script = `
    const { containerTarget } = await import("#targets/containers/container-target.ts");
    const { mosquitto } = await import("#targets/containers/mosquitto/container.ts");
    const { benchOf, loopback, realClock } = await import("#testing/bench.ts");
    const order = { posture: "weak", knobs: {}, devices: 1, lease: () => {}, environment: {} };
    await containerTarget(mosquitto).start(
      benchOf([], { clock: realClock(), runId: ${JSON.stringify(id)} }),
      async ({ port, scheme }) => loopback(port, scheme),
      order,
    );
    console.log("serving");
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [first] = await Promise.race([once(child.stdout, "data"), text(child.stderr).then((words) => [words])]);
  expect(String(first)).toContain("serving");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(docker("ps", "-q", "--filter", `label=seatrial.run=${id}`)).not.toBe("");
}

describe.runIf(dockerRuns())("a system in a container", () => {
  beforeAll(build, 180_000);
  beforeEach(() => {
    history.length = 0;
    leases.length = 0;
  });

  describe("started", () => {
    afterEach(nothingLeft);

    it("weak: admits strangers and the factory account, and checks secrets that are presented", async () => {
      await using target = await start({ posture: "weak" });
      expect(await refusalOf(target.main, { clientId: "stranger" })).toBe("admitted");
      expect(await refusalOf(target.main, { clientId: "a", username: "admin", password: "admin" })).toBe("admitted");
      expect(await refusalOf(target.main, { clientId: "b", username: "admin", password: "wrong" })).toBe("CONNACK 5");
    });

    it("hardened: admits every account it handed out and nobody else, by TCP and by WebSocket", async () => {
      await using target = await start();
      const all = (["operator", "witness", "intruder", "victim"] as const).map((name) => role(target, name));
      for (const at of [target.main, must(target.address("ws"))]) {
        expect(await refusalOf(at, { clientId: "stranger" })).toBe("CONNACK 5");
        for (const identity of [...all, ...target.identities.devices]) {
          expect(await refusalOf(at, identity)).toBe("admitted");
        }
      }
    });

    it("says what it is, down to the image, and was leased before anything was made", async () => {
      await using target = await start();
      expect(target.facts).toMatchObject({
        id: "container:mosquitto",
        product: "mosquitto 2.0.11",
        fidelity: "emulated",
        posture: "hardened",
        image: { name: mosquitto.image, digest: docker("image", "inspect", "--format", "{{.Id}}", mosquitto.image) },
      });
      expect(leases).toEqual([[{ containersOf: run, what: "container:mosquitto" }, []]]);
    });

    it("is confined: loopback alone, no rights of the system, nothing writable but its disk", async () => {
      await using target = await start();
      expect(JSON.parse(inspected("{{json .NetworkSettings.Ports}}"))).toEqual({
        "1883/tcp": [{ HostIp: "127.0.0.1", HostPort: String(target.main.port) }],
        "9001/tcp": [{ HostIp: "127.0.0.1", HostPort: String(target.address("ws")?.port) }],
      });
      const status = inside("cat", "/proc/1/status");
      expect(status).toMatch(/Uid:\s+1883/);
      expect(status).toMatch(/CapEff:\s+0000000000000000/);
      expect(status).toMatch(/NoNewPrivs:\s+1/);
      expect(() => inside("touch", "/anywhere")).toThrow("Command failed");
      inside("touch", "/mosquitto/data/here");
      expect(Number(inside("sh", "-c", "ulimit -n"))).toBeGreaterThanOrEqual(20_000);
    });

    it("counts what it was sent, over more readings than one", async () => {
      await using target = await start();
      const tally = async () => must(await target.tally?.());
      const before = await tally();
      for (let n = 0; n < 5; n += 1) {
        await using victim = await connect(bench(), target.main, role(target, "victim"));
        await victim.publish("devices/victim/state", String(n), { qos: 1 });
      }
      const after = await tally();
      expect([before.publishesReceived, after.publishesReceived]).toEqual([0, 5]);
      expect((after.connections ?? 0) - (before.connections ?? 0)).toBe(5);
    });

    it("takes other ports where somebody was faster", async () => {
      const held: Server[] = [];
      const taken: number[] = [];
      const faster: Claim = async (where) => {
        if (held.length === 0) {
          taken.push(where.port);
          held.push(await hold(where.port));
        }
        return claim(where);
      };
      await using target = await start({ claim: faster });
      expect(taken).not.toContain(target.main.port);
      expect(await refusalOf(target.main, role(target, "victim"))).toBe("admitted");
      for (const server of held) server.close();
    });
  });

  describe("that cannot start", () => {
    afterEach(nothingLeft);

    it.each([
      ["no image of ours", "seatrial/none:1", "E_IMAGE", "is not on this machine", "images build --offline mosquitto"],
      ["no image of others, and no way to it", "127.0.0.1:9/none:1", "E_IMAGE", "could not be pulled", "docker pull"],
    ])("says what to do next: %s", async (_case, image, code, message, hint) => {
      await expect(start({ knobs: { image } })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
    });

    it.each([
      ["a program that the image does not have", ["no-such-program"], "no-such-program"],
      ["an end at once", ["sh", "-c", "echo last words; exit 3"], "exit code 3); its last words:\nlast words"],
      ["no answer in time", ["sh", "-c", "echo still here; sleep 60"], "did not answer within 2 s"],
    ])("repeats what it has seen: %s", async (_case, command, message) => {
      await expect(start({ recipe: commanded(...command) })).rejects.toMatchObject({
        code: "E_TARGET_START",
        message: expect.stringContaining(message),
      });
    });

    it("takes no more clients than Docker's forwarding of ports can carry", async () => {
      const starting = containerTarget(mosquitto).start(bench(), claim, {
        posture: "weak",
        knobs: {},
        devices: 3_001,
        lease: () => {},
        environment: {},
      });
      await expect(starting).rejects.toMatchObject({ code: "E_LIMIT", message: expect.stringContaining("3000") });
    });

    it("is given up at once when the user ends the run", async () => {
      const interruption = new AbortController();
      const starting = start({
        recipe: { ...commanded("sleep", "60"), readyWithinMs: 60_000 },
        signal: interruption.signal,
      });
      while (serving() === "") await pass(50);
      interruption.abort();
      await expect(starting).rejects.toThrow("aborted");
    });

    it("is refused before anything connects where Docker is elsewhere", async () => {
      const guarded = guard(async () => [], "2026-01-01");
      const environment = { DOCKER_HOST: "tcp://192.0.2.1:2375" };
      await expect(start({ claim: guarded, environment })).rejects.toMatchObject({ code: "E_OUT_OF_SCOPE" });
    });

    it("does not use another Docker than the one that was named", async () => {
      const environment = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
      await expect(start({ environment })).rejects.toMatchObject({
        code: "E_DOCKER",
        message: expect.stringContaining("/nowhere/docker.sock"),
      });
    });
  });

  describe("can be", () => {
    let target: RunningTarget;
    beforeAll(async () => {
      target = await start({ posture: "weak" });
    });
    afterEach(async () => {
      const seen = await refusalOf(target.main, role(target, "victim"));
      if (seen !== "admitted") throw new Error(`it does not serve any more: ${seen}`);
    });
    afterAll(() => target[Symbol.asyncDispose]());

    it.each(["restart", "kill"] as const)("ended and started again on its ports: %s", async (how) => {
      await retain(target, `kept/${how}`, "before");
      if (how === "kill") await saved();
      const began = inspected("{{.State.StartedAt}}");
      const back = able(target)[how](1_000);
      await expect.poll(() => accepts(target.main.port)).toBe(false);
      await back;
      expect(inspected("{{.State.StartedAt}}")).not.toBe(began);
      expect(await retained(target, `kept/${how}`)).toBe("before");
      expect(await refusalOf(must(target.address("ws")), role(target, "victim"))).toBe("admitted");
      expect(notes("exited")).toEqual([]);
    });

    it("started again although somebody holds its port for a while", async () => {
      const back = able(target).restart(500);
      await expect.poll(() => accepts(target.main.port)).toBe(false);
      const server = await hold(target.main.port);
      setTimeout(() => server.close(), 1_500);
      await back;
    });

    it("frozen: it accepts connections and answers nothing, and its use of resources is not told", async () => {
      await expect.poll(() => notes("resources").length, { timeout: 5_000 }).toBeGreaterThan(0);
      const frozen = await able(target).pause();
      const noted = notes("resources").length;
      expect(await accepts(target.main.port)).toBe(true);
      expect(await refusalOf(target.main, role(target, "victim"))).toContain("no CONNACK");
      await pass(1_500);
      expect(notes("resources")).toHaveLength(noted);
      await frozen[Symbol.asyncDispose]();
      await frozen[Symbol.asyncDispose]();
      await expect.poll(() => notes("resources").length, { timeout: 5_000 }).toBeGreaterThan(noted);
    });

    it("restarted while it is frozen, after which thawing it changes nothing", async () => {
      const frozen = await able(target).pause();
      await able(target).restart(0);
      expect(await refusalOf(target.main, role(target, "victim"))).toBe("admitted");
      await frozen[Symbol.asyncDispose]();
    });

    it("cut off its network, which ends its connections, and put back on the same ports", async () => {
      const session = await connect(bench(), target.main, role(target, "intruder"));
      const cut = await able(target).cutNetwork();
      await expect.poll(() => session.isOpen).toBe(false);
      expect(await accepts(target.main.port)).toBe(false);
      expect(inspected("{{.State.Running}}")).toBe("true");
      await cut[Symbol.asyncDispose]();
      await cut[Symbol.asyncDispose]();
      expect(await accepts(must(target.address("ws")).port)).toBe(true);
      expect(notes("exited")).toEqual([]);
    });

    it("left without disk space to the last byte, and given it back", async () => {
      const full = await able(target).fillDisk();
      expect(write).toThrow("Command failed");
      expect(notes("disk.full")).toEqual([{ path: "/mosquitto/data", freeBefore: expect.any(Number), freeAfter: 0 }]);
      await full[Symbol.asyncDispose]();
      await full[Symbol.asyncDispose]();
      write();
    });

    it("started again when the disk is given back to it, where it had ended for want of it", async () => {
      const full = await able(target).fillDisk();
      docker("kill", serving());
      await expect.poll(() => notes("exited"), { timeout: 10_000 }).toHaveLength(1);
      await full[Symbol.asyncDispose]();
      expect(await refusalOf(target.main, role(target, "operator"))).toBe("admitted");
    });

    it("left with little memory, ended by its system when it needs more, and started again with what it had", async () => {
      const limited = await able(target).limitMemory(4 * 1024 ** 2);
      const [limit] = notes("memory.limited");
      expect(limit).toMatchObject({ spareBytes: 4 * 1024 ** 2 });
      expect(Number(inspected("{{.HostConfig.Memory}}"))).toBeLessThan(32 * 1024 ** 2);
      const flooding = flood(target, 40);
      await expect.poll(() => notes("exited"), { timeout: 10_000 }).toMatchObject([{ code: 137, oomKilled: true }]);
      await flooding;
      expect(await accepts(target.main.port)).toBe(false);
      await limited[Symbol.asyncDispose]();
      await limited[Symbol.asyncDispose]();
      expect(Number(inspected("{{.HostConfig.Memory}}"))).toBe(mosquitto.memoryBytes);
      expect(notes("exited")).toHaveLength(1);
    });

    it("watched: what it uses, and an end that nobody asked for", async () => {
      await expect.poll(() => notes("resources").length, { timeout: 5_000 }).toBeGreaterThan(0);
      expect(notes("resources").at(-1)).toEqual({
        cores: expect.any(Number),
        memoryBytes: expect.any(Number),
        pids: 1,
        openFiles: expect.any(Number),
      });
      docker("kill", serving());
      await expect.poll(() => notes("exited")).toMatchObject([{ code: 137, oomKilled: false }]);
      const noted = notes("resources").length;
      await pass(1_500);
      expect(notes("resources")).toHaveLength(noted);
      await able(target).restart(0);
      expect(notes("exited")).toHaveLength(1);
    });
  });

  it("ends with everything that was imposed on it", async () => {
    const target = await start();
    const imposed = [
      await able(target).pause(),
      await able(target).cutNetwork(),
      await able(target).fillDisk(),
      await able(target).limitMemory(0),
    ];
    await target[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    for (const each of imposed) await each[Symbol.asyncDispose]();
    expect(left()).toEqual([]);
    expect(notes("exited")).toEqual([]);
  });

  describe("whose process was killed", () => {
    afterEach(nothingLeft);

    it("is removed by the next start, which says so, and touches nothing else", async () => {
      const bystander = docker("run", "--detach", "--entrypoint", "sleep", mosquitto.image, "60");
      try {
        await killed(`${run}-killed`);
        await using target = await start();
        expect(leftOf(`${run}-killed`)).toEqual([]);
        expect(JSON.stringify(notes("reaped"))).toContain(`of run ${run}-killed`);
        expect(docker("inspect", "--format", "{{.State.Running}}", bystander)).toBe("true");
        expect(await refusalOf(target.main, role(target, "victim"))).toBe("admitted");
      } finally {
        docker("rm", "--force", bystander);
      }
    });

    it("is removed by the id of its run", async () => {
      await killed(`${run}-leased`);
      const removed = await reapContainers(`${run}-leased`);
      expect(removed).toHaveLength(5);
      expect(removed.every((what) => what.endsWith(`of run ${run}-leased`))).toBe(true);
      expect(leftOf(`${run}-leased`)).toEqual([]);
    });
  });

  it("keeps no process alive", async () => {
    const script = `
      const { containerTarget } = await import("#targets/containers/container-target.ts");
      const { mosquitto } = await import("#targets/containers/mosquitto/container.ts");
      const { benchOf, loopback, realClock } = await import("#testing/bench.ts");
      const order = { posture: "weak", knobs: {}, devices: 1, lease: () => {}, environment: {} };
      await containerTarget(mosquitto).start(
        benchOf([], { clock: realClock(), runId: ${JSON.stringify(`${run}-idle`)} }),
        async ({ port, scheme }) => loopback(port, scheme),
        order,
      );`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(await reapContainers(`${run}-idle`)).not.toEqual([]);
  });
});

/** Retains so many messages of a megabyte, for as long as it is heard. */
async function flood(target: RunningTarget, messages: number): Promise<void> {
  try {
    await using session = await connect(bench(), target.main, { clientId: "flood" });
    for (let n = 0; n < messages && session.isOpen; n += 1) {
      await session.publish(`flood/${n}`, "x".repeat(1_000_000), { qos: 1, retain: true });
    }
  } catch {
    // It is heard until the broker dies.
  }
}
