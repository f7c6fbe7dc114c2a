import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Verdict } from "#contract/check.ts";
import { attemptsOf, notesOf } from "#contract/judging.ts";
import type { Report } from "#contract/report.ts";
import { readRun } from "#store/read-run.ts";
import { dockerRuns, leftInDocker, portsInDocker } from "#testing/docker.ts";
import { startProgram } from "#testing/program.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "containers-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const out = () => join(folder, "runs");
const seatrial = (...args: readonly string[]) => startProgram([...args, "--quiet", "--out", out()]).ended;
const runIds = () =>
  existsSync(out())
    ? readdirSync(out())
        .filter((name) => !name.startsWith("comparison-"))
        .toSorted()
    : [];
const runs = () => runIds().map((id) => join(out(), id));

function reportsOf(): readonly Report[] {
  return runs().map((run): Report => JSON.parse(readFileSync(join(run, "result.json"), "utf8")));
}

/** Verdict by check. */
function verdictsOf({ principles }: Report): ReadonlyMap<string, Verdict> {
  const findings = principles.flatMap(({ practices }) =>
    practices.flatMap(({ checks }) => checks.flatMap((check) => check.findings)),
  );
  return new Map(findings.map(({ check, verdict }) => [check, verdict]));
}

const scenarioFile = (text: string) => {
  const path = join(folder, "scenario.yaml");
  writeFileSync(path, text);
  return path;
};

const short = `
scenario: short
title: A short run
fleets: [{ device: thermostat, size: 5 }]
stages:
  - { stage: settle, lasts: 1s }
  - { stage: stay, lasts: 3s }
`;

describe.runIf(dockerRuns())("a broker in a container", () => {
  it.each(["hardened", "weak"])(
    "has the verdicts of the same program on this machine: mosquitto, %s",
    async (posture) => {
      await seatrial("run", "everything-mqtt", "--target", "local:mosquitto,container:mosquitto", "--posture", posture);
      const [local, contained] = reportsOf();
      expect([local?.header.state, contained?.header.state]).toEqual(["completed", "completed"]);
      expect([local?.header.target.id, contained?.header.target.id]).toEqual([
        "local:mosquitto",
        "container:mosquitto",
      ]);
      expect(contained && verdictsOf(contained)).toEqual(local && verdictsOf(local));
      expect(readdirSync(out()).filter((name) => name.startsWith("comparison-"))).toHaveLength(1);
    },
    200_000,
  );

  it.each(["hardened", "weak"])(
    "can be RabbitMQ, %s: every attack that applies is judged",
    async (posture) => {
      await seatrial("run", "everything-mqtt", "--target", "container:rabbitmq", "--posture", posture);
      const [report] = reportsOf();
      expect(report?.header.state).toBe("completed");
      const verdicts = report ? verdictsOf(report) : new Map<string, Verdict>();
      expect([...verdicts.values()]).not.toContain("error");
      const admits = posture === "weak" ? "fail" : "pass";
      expect(verdicts.get("strangers-are-refused")).toBe(admits);
      expect(verdicts.get("factory-logins-are-refused")).toBe(admits);
    },
    200_000,
  );

  it.each([
    ["mosquitto", "hardened"],
    ["mosquitto", "weak"],
    ["rabbitmq", "hardened"],
    ["rabbitmq", "weak"],
  ])(
    "undergoes all that can befall it, and is back afterwards: %s, %s",
    async (name, posture) => {
      const target = `container:${name}`;
      await seatrial("run", "what-befalls-a-broker", "--target", target, "--posture", posture);
      const [run = ""] = runs();
      const { header, history } = readRun(run).record;
      expect(header.state).toBe("completed");
      const imposed = attemptsOf(history, "impose").map(({ began, phase }) => `${began.actor} ${phase}`);
      expect(imposed).toEqual(
        ["broker-restart", "broker-kill", "network-cut", "broker-pause", "disk-full", "memory-limit"].map(
          (id) => `disruption:${id} ok`,
        ),
      );
      expect(attemptsOf(history, "lift").map(({ phase }) => phase)).toEqual(imposed.map(() => "ok"));
      expect(notesOf(history, "skipped")).toEqual([]);
      expect(notesOf(history, "resources").length).toBeGreaterThan(10);
      expect(notesOf(history, "fleet.counters").at(-1)?.detail).toMatchObject({ connected: expect.any(Number) });
      const [report] = reportsOf();
      expect(report?.recoveries.map(({ t90Ms }) => typeof t90Ms)).not.toContain("undefined");
      expect(report?.health.at(-1)?.connected).toBe(1);
      expect(leftInDocker(runIds())).toEqual([]);
    },
    200_000,
  );

  it("leaves nothing behind after ten starts, five of them killed", async () => {
    const file = scenarioFile(short);
    const ports = new Set<number>();
    for (let round = 0; round < 10; round += 1) {
      const { child, ended } = startProgram([
        "run",
        file,
        "--target",
        "container:mosquitto",
        "--quiet",
        "--out",
        out(),
      ]);
      // From before the container is there until the run is well under way.
      const killedAfterMs = 700 + round * 400;
      if (round % 2 === 1) await Promise.race([after(killedAfterMs), ended]).then(() => child.kill("SIGKILL"));
      for (const port of portsInDocker(runIds())) ports.add(port);
      await ended;
    }
    expect((await seatrial("run", file, "--target", "container:mosquitto")).code).not.toBe(3);
    expect(leftInDocker(runIds())).toEqual([]);
    for (const port of ports) await expect(isOpen(port)).resolves.toBe(false);
  }, 300_000);

  it("that a killed run left behind is also removed by a run that does not need Docker", async () => {
    const file = scenarioFile(short);
    const { child, ended } = startProgram(["run", file, "--target", "container:mosquitto", "--quiet", "--out", out()]);
    while (leftInDocker(runIds()).length < 2 && child.exitCode === null) await after(50);
    child.kill("SIGKILL");
    await ended;
    expect(leftInDocker(runIds())).not.toEqual([]);
    const next = await startProgram(["run", file, "--out", out()]).ended;
    expect(next.err).toContain("left behind by a run that was killed");
    expect(leftInDocker(runIds())).toEqual([]);
  });
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

const asked = (environment: NodeJS.ProcessEnv, ...more: readonly string[]) =>
  startProgram(["run", scenarioFile(short), "--target", "container:mosquitto", "--out", out(), ...more], environment)
    .ended;

describe("without what a container needs", () => {
  it("says that Docker does not run, and what to do, with 3", async () => {
    const { code, err } = await asked({ DOCKER_HOST: `unix://${folder}/nobody.sock` });
    expect(code).toBe(3);
    expect(err).toMatch(/Docker/);
    expect(readdirSync(folder)).toEqual(["scenario.yaml"]);
  });

  it("refuses a Docker host elsewhere that no scope file names, before anything is sent to it", async () => {
    const { code, err } = await asked({ DOCKER_HOST: "tcp://192.0.2.1:2375" });
    expect(code).toBe(64);
    expect(err).toContain("192.0.2.1");
    expect(err).toContain("scope");
  });

  it.runIf(dockerRuns())("names the image that is missing and the command that brings it, with 3", async () => {
    const { code, err } = await asked({}, "--knob", "image=seatrial/mosquitto:never-built");
    expect(code).toBe(3);
    expect(err).toContain("seatrial/mosquitto:never-built");
    expect(err).toContain("seatrial images build");
  });
});
