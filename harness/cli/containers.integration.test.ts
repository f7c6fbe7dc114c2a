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

const postures = ["hardened", "weak"] as const;
const out = (name = "runs") => join(folder, name);

/** Runs the program into a folder of its own. */
const seatrial = (into: string, ...args: readonly string[]) =>
  startProgram([...args, "--quiet", "--out", out(into)]).ended;

const runIds = (name = "runs") =>
  existsSync(out(name))
    ? readdirSync(out(name))
        .filter((id) => !id.startsWith("comparison-"))
        .toSorted()
    : [];

const runs = (name: string) => runIds(name).map((id) => join(out(name), id));

function reportsOf(name: string): readonly Report[] {
  return runs(name).map((run): Report => JSON.parse(readFileSync(join(run, "result.json"), "utf8")));
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
  - { stage: stay, lasts: 1500ms }
`;

/** What befalls a broker in `scenarios/regression/what-befalls-a-broker.yaml`, in order. */
const befalling = ["broker-restart", "broker-kill", "network-cut", "broker-pause", "disk-full", "memory-limit"];

describe.runIf(dockerRuns())("a broker in a container", () => {
  it("has the verdicts of the same program on this machine", async () => {
    const targets = ["--target", "local:mosquitto,container:mosquitto"];
    await Promise.all(postures.map((posture) => seatrial(posture, "run", "smoke", ...targets, "--posture", posture)));
    for (const posture of postures) {
      const [local, contained] = reportsOf(posture);
      expect([local?.header.state, contained?.header.state]).toEqual(["completed", "completed"]);
      expect([local?.header.target.id, contained?.header.target.id]).toEqual([
        "local:mosquitto",
        "container:mosquitto",
      ]);
      expect(contained && verdictsOf(contained)).toEqual(local && verdictsOf(local));
      expect(readdirSync(out(posture)).filter((name) => name.startsWith("comparison-"))).toHaveLength(1);
    }
  }, 300_000);

  it("can be RabbitMQ: every attack that applies is judged", async () => {
    const target = ["--target", "container:rabbitmq"];
    await Promise.all(postures.map((posture) => seatrial(posture, "run", "smoke", ...target, "--posture", posture)));
    for (const posture of postures) {
      const [report] = reportsOf(posture);
      expect(report?.header.state).toBe("completed");
      const verdicts = report ? verdictsOf(report) : new Map<string, Verdict>();
      expect([...verdicts.values()]).not.toContain("error");
      const admits = posture === "weak" ? "fail" : "pass";
      expect(verdicts.get("strangers-are-refused")).toBe(admits);
      expect(verdicts.get("factory-logins-are-refused")).toBe(admits);
    }
  }, 300_000);

  it.each(["mosquitto", "rabbitmq"])(
    "undergoes all that can befall it, and is back afterwards: %s",
    async (name) => {
      const plan = ["run", "what-befalls-a-broker", "--target", `container:${name}`];
      await Promise.all(postures.map((posture) => seatrial(posture, ...plan, "--posture", posture)));
      for (const posture of postures) {
        const [run = ""] = runs(posture);
        const { header, history } = readRun(run).record;
        expect(header.state).toBe("completed");
        const ended = (action: string) =>
          attemptsOf(history, action).map(({ began, phase }) => `${began.actor} ${phase}`);
        expect(ended("impose")).toEqual(befalling.map((id) => `disruption:${id} ok`));
        expect(ended("lift")).toEqual(befalling.map((id) => `disruption:${id} ok`));
        expect(notesOf(history, "resources").length).toBeGreaterThan(10);
        const [report] = reportsOf(posture);
        expect(report?.recoveries.map(({ t90Ms }) => typeof t90Ms)).not.toContain("undefined");
        expect(report?.health.at(-1)?.connected).toBe(1);
        expect(leftInDocker(runIds(posture))).toEqual([]);
      }
    },
    300_000,
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
    expect((await seatrial("runs", "run", file, "--target", "container:mosquitto")).code).not.toBe(3);
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
