import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRun } from "#store/read-run.ts";
import { startProgram } from "#testing/program.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (...args: readonly string[]) => startProgram(args);

const seatrial = (...args: readonly string[]) => start(...args).ended;
const out = () => join(folder, "runs");
const theRun = () => join(out(), readdirSync(out())[0] ?? "");

function fileOf(text: string): string {
  const path = join(folder, "scenario.yaml");
  writeFileSync(path, text);
  return path;
}

const short = (body = "") => `
scenario: short
title: A short run
fleets: [{ device: thermostat, size: 5 }]
stages:
  - { stage: settle, lasts: 1s }
  - stage: snoop
    attacks: [ mqtt.topic-snoop, mqtt.command-injection ]
${body}`;

describe("wrong use ends with 64, one message and what to do", () => {
  it.each([
    [["run", "smoke", "--sede", "1"], "--seed"],
    [["run", "smok"], "smoke"],
    [["run", "smoke", "--only", "mqtt.topic-snop"], "mqtt.topic-snoop"],
    [["run", "smoke", "--target", "local:mosquito"], "local:mosquitto"],
    [["run", "smoke", "--target", "mqtt://8.8.8.8:1883"], "scope file"],
    [["run", "smoke", "--knob", "parsing=slack"], "strict"],
    [["run", "scenarios/products/demo.yaml"], "seatrial assess"],
    [["assess", "no-such-product.yaml"], "no such file"],
    [["explain", "mqtt.topic-snop"], "mqtt.topic-snoop"],
  ])("%j points at %s", async (args, hint) => {
    const { code, err, out: printed } = await seatrial(...args, ...(args[0] === "run" ? ["--out", out()] : []));
    expect({ code, printed }).toEqual({ code: 64, printed: "" });
    expect(err).toContain(hint);
    expect(err).not.toContain("    at ");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("names file, line and column of every mistake in a scenario, and starts nothing", async () => {
    const path = fileOf(short("    disruptions: [ link-cutt ]").replace("thermostat", "termostat"));
    const { code, err } = await seatrial("run", path, "--out", out());
    expect(code).toBe(64);
    expect(err).toMatch(/scenario\.yaml:4:\d+: .*"termostat".*"thermostat"/);
    expect(err).toMatch(/scenario\.yaml:9:\d+: .*"link-cutt".*"link-cut"/);
    expect(readdirSync(folder)).toEqual(["scenario.yaml"]);
  });
});

describe("a broken lab ends with 3 and leaves nothing behind", () => {
  it.each([
    [["--target", "mqtt://127.0.0.1:1"], "E_TARGET_UNREACHABLE"],
    [["--out", "/proc/nowhere"], "E_STORE"],
  ])("with %j", async (args, code) => {
    const ended = await seatrial("run", fileOf(short()), "--out", out(), ...args);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain(code);
    expect(readdirSync(folder)).toEqual(["scenario.yaml"]);
  });
});

describe("a run", () => {
  it("gives the same verdicts for the same seed, and the same report bytes when it is judged again", async () => {
    const verdicts = async () => {
      const { out: json, code } = await seatrial("run", fileOf(short()), "--out", out(), "--json", "--seed", "7");
      expect(code).toBe(0);
      const { counts, principles } = JSON.parse(json);
      return JSON.stringify([counts, principles.map((each: { verdict: string }) => each.verdict)]);
    };
    expect(await verdicts()).toBe(await verdicts());
    const files = ["report.html", "report.md", "result.json", "junit.xml"];
    const bytes = () => files.map((file) => readFileSync(join(theRun(), file), "utf8"));
    const before = bytes();
    await seatrial("report", theRun(), "-q");
    expect(bytes()).toEqual(before);
  });

  it("fails with 1 where the target is weak, and cites captures that are there", async () => {
    const { code } = await seatrial("run", fileOf(short()), "--out", out(), "--posture", "weak", "-q");
    expect(code).toBe(1);
    const { record } = readRun(theRun());
    const cited = new Set(record.history.flatMap(({ wire }) => (wire === undefined ? [] : [wire.file])));
    expect(cited.size).toBe(2);
    for (const file of cited) expect(readFileSync(join(theRun(), file)).length).toBeGreaterThan(500);
  });

  it("that is ended by Ctrl-C says so, keeps its record, and is inconclusive", async () => {
    const { child, ended } = start("run", "smoke", "--out", out(), "-q");
    await after(3_000);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130 });
    expect(readRun(theRun()).record.header.state).toBe("aborted");
    expect(await seatrial("report", theRun(), "-q")).toMatchObject({ code: 2 });
  });

  it("that is killed leaves a readable record, and the next start ends what it left behind", async () => {
    const { child, ended } = start("run", "smoke", "--target", "local:mosquitto", "--out", out(), "-q");
    await after(3_000);
    child.kill("SIGKILL");
    await ended;
    const { record } = readRun(theRun());
    expect(record.header.state).toBe("running");
    expect(record.history.length).toBeGreaterThan(0);
    const { err } = await seatrial("run", fileOf(short()), "--out", out());
    expect(err).toMatch(/ended mosquitto \(process \d+\)/);
  });
});
