import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Aedes, type AedesOptions } from "aedes";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { Attack, Ground } from "#contract/attack.ts";
import type { RunRecord } from "#contract/record.ts";
import { loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { everyone } from "#testing/units.ts";
import { connectFlood } from "./connect-flood.ts";
import { halfOpen } from "./half-open.ts";
import { malformedPackets } from "./malformed-packets.ts";
import { passwordGuessing } from "./password-guessing.ts";

/** Mosquitto with every setting that it has against these attacks. */
const hardened = [
  "allow_anonymous false",
  "use_username_as_clientid true",
  "max_connections 350",
  "max_packet_size 16384",
  "max_keepalive 600",
  "max_inflight_messages 10",
  "max_queued_messages 50",
  "persistence false",
  "log_dest none",
];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1");
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

async function startMosquitto(
  settings: readonly string[] = hardened,
): Promise<{ readonly ground: Ground } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "seatrial-mosquitto-"));
  const port = await freePort();
  const [passwords, rights, config] = ["passwords", "rights", "mosquitto.conf"].map((name) => join(folder, name));
  if (!passwords || !rights || !config) throw new Error("no files");
  writeFileSync(passwords, "", { mode: 0o600 });
  for (const who of [everyone.operator, everyone.intruder, everyone.victim]) {
    execFileSync("mosquitto_passwd", ["-b", passwords, who?.username ?? "", who?.password ?? ""], { stdio: "ignore" });
  }
  writeFileSync(rights, "user operator\ntopic readwrite #\n\npattern readwrite devices/%u/#\n", { mode: 0o600 });
  const files = [`password_file ${passwords}`, `acl_file ${rights}`];
  // Without `user root` it gives up its rights when started by root, and then cannot read its own files.
  const who = process.getuid?.() === 0 ? ["user root"] : [];
  writeFileSync(config, [`listener ${port} 127.0.0.1`, ...who, ...files, ...settings, ""].join("\n"));
  const child = spawn("mosquitto", ["-c", config], { stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  for (let n = 0; n < 100 && !(await accepts(port)); n += 1) await wait(20);
  const facts = { id: "mosquitto", product: "mosquitto 2.0.11", fidelity: "emulated" } as const;
  return {
    ground: { at: loopback(port), listeners: [], identities: everyone, facts },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

function answersOf<P extends z.ZodObject>(attack: Attack<P>, record: RunRecord) {
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record)]));
}

async function startAedes(options: AedesOptions): Promise<{ readonly ground: Ground } & AsyncDisposable> {
  const broker = await Aedes.createBroker(options);
  const server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const facts = { id: "aedes", product: "aedes", fidelity: "emulated" } as const;
  return {
    ground: { at: loopback(address.port), listeners: [], identities: everyone, facts },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
// A fresh one for each: after a flood, Mosquitto 2.0.11 no longer counts its connections right.
beforeEach(async () => {
  mosquitto = await startMosquitto();
});
afterEach(async () => {
  await mosquitto[Symbol.asyncDispose]();
});

it("finds that a flood of one account locks honest clients out of a Mosquitto that only limits their sum", async () => {
  const shared = hardened.filter((line) => !line.startsWith("use_username")).concat("max_connections 150");
  await using limited = await startMosquitto(shared);
  const record = await launchAlone(connectFlood, limited.ground, {});
  const answer = answersOf(connectFlood, record)["honest-clients-connect-during-flood"];
  expect(answer).toMatchObject({ verdict: "fail", measure: { passed: 0, failed: 11 } });
});

describe("an aedes as it comes", () => {
  it("drops connections without a CONNECT, dripped ones too, after the time-out that it is given", async () => {
    await using aedes = await startAedes({ connectTimeout: 1_500 });
    const record = await launchAlone(halfOpen, aedes.ground, { dropWithin: "3s" });
    const answers = answersOf(halfOpen, record);
    expect(Object.values(answers).map(({ verdict }) => verdict)).toEqual(["pass", "pass"]);
    expect(answers["incomplete-connects-are-dropped"]?.says).toContain(
      "all 180 silent connections were closed, the last after 1.5 s",
    );
  });

  it("lets malformed packets through, and survives them", async () => {
    await using aedes = await startAedes({});
    const record = await launchAlone(malformedPackets, aedes.ground, {});
    const answers = answersOf(malformedPackets, record);
    expect(answers["malformed-packets-are-survived"]?.verdict).toBe("pass");
    expect(answers["malformed-packets-end-the-connection"]?.verdict).toBe("fail");
    expect(answers["malformed-packets-end-the-connection"]?.says).toContain("MQ-PAR-016");
  });
});

describe("a hardened Mosquitto 2.0.11", () => {
  it("evaluates 200 wrong passwords in well under a second, and locks nobody out", async () => {
    const record = await launchAlone(passwordGuessing, mosquitto.ground, {});
    const { "guessing-is-slowed-down": slowed, "victims-are-not-locked-out": open } = answersOf(
      passwordGuessing,
      record,
    );
    expect(slowed).toMatchObject({ verdict: "fail", trials: { planned: 200, passed: 0 } });
    expect(slowed?.says).toMatch(/^200 of 200 guesses were evaluated in 0\.\d\d s/);
    expect(open?.verdict).toBe("pass");
  });

  it("serves honest clients during a flood of one account, as the account has one client id", async () => {
    const record = await launchAlone(connectFlood, mosquitto.ground, {});
    const answer = answersOf(connectFlood, record)["honest-clients-connect-during-flood"];
    expect(answer?.verdict).toBe("pass");
    expect(answer?.says).toContain("while 1 of 200 connections");
  });

  it("keeps connections whose CONNECT is not complete, of every kind, but serves others beside 200 of them", async () => {
    const record = await launchAlone(halfOpen, mosquitto.ground, { dropWithin: "3s" });
    const answers = answersOf(halfOpen, record);
    expect(answers["incomplete-connects-are-dropped"]?.verdict).toBe("fail");
    expect(answers["incomplete-connects-are-dropped"]?.says).toBe(
      "10 of 10 dripped connections were still open after 3 s; 10 of 10 half-sent connections were still open after 3 s; 180 of 180 silent connections were still open after 3 s",
    );
    expect(answers["honest-clients-connect-beside-half-open"]?.verdict).toBe("pass");
  });

  it("locks honest clients out when incomplete connections fill its limit of 350", async () => {
    const record = await launchAlone(halfOpen, mosquitto.ground, { dropWithin: "3s", connections: 500 });
    const answer = answersOf(halfOpen, record)["honest-clients-connect-beside-half-open"];
    expect(answer?.verdict).toBe("fail");
  });

  it("ends the connection on each of the thirty malformed packets, and survives them", async () => {
    const record = await launchAlone(malformedPackets, mosquitto.ground, {});
    const answers = answersOf(malformedPackets, record);
    expect(Object.values(answers).map(({ verdict }) => verdict)).toEqual(["pass", "pass"]);
    expect(record.history.at(-1)?.atMs).toBeLessThan(5_000);
  });

  it("lets some of the leniencies through that only the whole list holds", async () => {
    const record = await launchAlone(malformedPackets, mosquitto.ground, { vectors: "all" });
    const answers = answersOf(malformedPackets, record);
    expect(answers["malformed-packets-are-survived"]?.verdict).toBe("pass");
    expect(answers["malformed-packets-end-the-connection"]?.verdict).toBe("fail");
    expect(answers["malformed-packets-end-the-connection"]?.says).toContain("MQ-PAR-087");
  });
});
