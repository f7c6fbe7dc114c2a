import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Left } from "#contract/target.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { freePort } from "../process/free-port.ts";
import { type LocalProgram, PortClash } from "../process/local-program.ts";
import { mosquittoBroker } from "./mosquitto-broker.ts";

let folder: string;
const pids: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-broker-"));
  pids.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const rememberPid = (left: Left) => {
  if ("pid" in left) pids.push(left.pid);
};

/** A broker that is this shell script. */
async function brokerOf(script: string): Promise<LocalProgram> {
  const path = join(folder, "mosquitto");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return mosquittoBroker(benchOf([], { clock: realClock() }), {
    program: { path, version: "0" },
    order: { posture: "weak", knobs: {}, devices: 0, environment: {}, lease: rememberPid },
    passwords: "",
    accessRules: "",
    at: loopback(await freePort()),
  });
}

const secrets = () => readdirSync(tmpdir()).filter((name) => name.startsWith("seatrial-"));

describe("a Mosquitto that does not come up", () => {
  it("is an error of the lab that repeats its last words", async () => {
    await using broker = await brokerOf('echo "Error: unknown option" >&2; exit 1');
    await expect(broker.start()).rejects.toMatchObject({
      code: "E_TARGET_START",
      message: expect.stringContaining("Error: unknown option"),
    });
  });

  it("is told apart from one whose port was taken", async () => {
    await using broker = await brokerOf('echo "Error: Address already in use" >&2; exit 1');
    await expect(broker.start()).rejects.toThrow(PortClash);
  });

  it("is told apart from one whose port for WebSocket was taken", async () => {
    await using broker = await brokerOf('echo "Error: Unable to create websockets listener on port 1." >&2; exit 1');
    await expect(broker.start()).rejects.toThrow(PortClash);
  });

  it("leaves no secret behind, and its process was leased", async () => {
    const before = secrets();
    await using broker = await brokerOf("exit 1");
    await expect(broker.start()).rejects.toThrow("did not come up");
    expect(secrets()).toEqual(before);
    expect(pids).toHaveLength(1);
  });
});
