import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "#contract/identity.ts";
import { readIdentities } from "#plan/identities-file.ts";
import { docker, dockerRuns } from "#testing/docker.ts";
import { lab } from "./lab.ts";
import { openTerminal } from "./terminal.ts";

/** Both of them where both are here: they read the same file in their own way. */
const composes = [
  ["docker", "compose"],
  ["docker-compose", ""],
].filter(([program = "", word = ""]) => spawnSync(program, [...(word ? [word] : []), "version"]).status === 0);

const project = `seatrial-test-${process.pid}`;
/** The first digits of the ports: another lab may run on this machine. */
const ports = "277";
const place = mkdtempSync(join(tmpdir(), "compose-"));
const folder = join(place, "lab");

function compose(...words: readonly string[]): string {
  const [program = "docker-compose", word = ""] = composes[0] ?? [];
  return composeBy(program, word, ...words);
}

function composeBy(program: string, word: string, ...words: readonly string[]): string {
  return execFileSync(program, [...(word ? [word] : []), "-p", project, ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SEATRIAL_LAB: folder, SEATRIAL_PORTS: ports },
    timeout: 100_000,
  });
}

const ofProject = ["--filter", `label=com.docker.compose.project=${project}`];
const left = () => [
  docker("ps", "-aq", ...ofProject),
  docker("network", "ls", "-q", ...ofProject),
  docker("volume", "ls", "-q", ...ofProject),
];

async function healthy(service: string): Promise<void> {
  const id = compose("ps", "-q", service).trim();
  for (let at = 0; at < 300 && docker("inspect", "--format", "{{.State.Health.Status}}", id) !== "healthy"; at += 1) {
    await after(200);
  }
  expect(docker("inspect", "--format", "{{.State.Health.Status}}", id)).toBe("healthy");
}

/** How the broker at this port answers a CONNECT. */
async function answer(port: string, { clientId, username, password }: Partial<Identity>): Promise<string> {
  const who = { ...(clientId && { clientId }), ...(username && { username }), ...(password && { password }) };
  try {
    const client = await connectAsync(`mqtt://127.0.0.1:${ports}${port}`, { ...who, reconnectPeriod: 0 });
    await client.endAsync();
    return "admitted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function identitiesOf(service: string) {
  const file = join(folder, `identities-${service}.yaml`);
  return readIdentities({ text: readFileSync(file, "utf8"), file });
}

describe.runIf(dockerRuns() && composes.length > 0)("the lab of docker-compose.yml", () => {
  beforeAll(async () => {
    const silent = { ...openTerminal({ quiet: true, color: false }), result: () => {} };
    await lab(["prepare"], { out: folder, devices: "40", color: false }, silent);
  });
  afterAll(() => {
    if (existsSync(folder)) compose("--profile", "all", "down", "--timeout", "2");
    rmSync(place, { recursive: true, force: true });
  });

  it.each(composes)("is understood by %s %s", (program = "", word = "") => {
    const words = ["--profile", "all", "config", "--services"];
    expect(
      composeBy(program, word, ...words)
        .trim()
        .split("\n")
        .toSorted(),
    ).toEqual([
      "assess",
      "fleet",
      "mosquitto-hardened",
      "mosquitto-weak",
      "prometheus",
      "rabbitmq-hardened",
      "rabbitmq-weak",
    ]);
  });

  it.each([
    ["mosquitto", "31", "32"],
    ["rabbitmq", "33", "34"],
  ])(
    "has a %s that admits everybody, and one that admits whom lab prepare named and nobody else",
    async (broker, weak, hardened) => {
      compose("up", "-d", `${broker}-weak`, `${broker}-hardened`);
      await healthy(`${broker}-weak`);
      await healthy(`${broker}-hardened`);
      const { operator, devices } = identitiesOf(`${broker}-hardened`);
      const [device] = devices;
      if (operator === undefined || device === undefined) throw new Error("there is no operator or no device");
      expect(await answer(weak, { clientId: "stranger" })).toBe("admitted");
      expect(await answer(hardened, operator)).toBe("admitted");
      expect(await answer(hardened, device)).toBe("admitted");
      expect(await answer(hardened, { clientId: "stranger" })).toMatch(/refused/i);
      expect(await answer(hardened, { ...device, password: operator.password ?? "" })).toMatch(/refused/i);
      compose("stop", "--timeout", "2");
    },
  );

  it("assesses a broker from within its network, and leaves the report on this machine", async () => {
    compose("up", "-d", "mosquitto-weak");
    await healthy("mosquitto-weak");
    const plan = ["assess", "/scenarios/products/own-broker.yaml", "--target=mqtt://127.0.0.1:1883"];
    const narrow = ["--identities=/identities.yaml", "--only=mqtt.topic-snoop", "--fail-on=never", "--quiet"];
    compose("run", "--rm", "assess", ...plan, ...narrow);
    const [run = ""] = readdirSync(join(folder, "runs"));
    const report = JSON.parse(readFileSync(join(folder, "runs", run, "result.json"), "utf8"));
    expect(report.verdict).toBe("fail");
  });

  it("leaves nothing behind", () => {
    expect(left().join("")).not.toBe("");
    compose("--profile", "all", "down", "--timeout", "2");
    expect(left()).toEqual(["", "", ""]);
  });
});
