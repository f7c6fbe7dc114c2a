import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Leases, reapOrphans } from "./leases.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seatrial-leases-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A child that sleeps, and its lease. */
function leased() {
  const child = spawn("sleep", ["30"], { stdio: "ignore" });
  const leases = new Leases(directory, "run-1");
  leases.take({ pid: child.pid ?? 0, what: "sleep" });
  return { child, leases };
}

/** Makes the lease look like one of a process that is gone. */
function orphan(): void {
  const [name = ""] = readdirSync(directory);
  const path = join(directory, name);
  const lease = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...lease, owner: { pid: lease.owner.pid, began: "1" } }));
}

it.runIf(process.platform === "linux")("ends what a run that was killed left behind, once", async () => {
  const { child } = leased();
  orphan();
  const gone = once(child, "exit");
  expect(reapOrphans(directory).ended).toEqual([expect.stringContaining("sleep")]);
  await expect(gone).resolves.toEqual([null, "SIGKILL"]);
  expect(reapOrphans(directory).ended).toEqual([]);
});

it.runIf(process.platform === "linux")("leaves alone what belongs to a run that is still on", async () => {
  const { child, leases } = leased();
  expect(reapOrphans(directory).ended).toEqual([]);
  expect(child.exitCode).toBeNull();
  leases[Symbol.dispose]();
  expect(readdirSync(directory)).toEqual([]);
  const gone = once(child, "exit");
  child.kill();
  await gone;
});

it.runIf(process.platform === "linux")("never ends a process that was given the number of a dead one", async () => {
  const { child } = leased();
  orphan();
  const [name = ""] = readdirSync(directory);
  const path = join(directory, name);
  const lease = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...lease, child: { pid: lease.child.pid, began: "1" } }));
  expect(reapOrphans(directory).ended).toEqual([]);
  expect(child.exitCode).toBeNull();
  const gone = once(child, "exit");
  child.kill();
  await gone;
});

it.runIf(process.platform === "linux")("keeps telling of containers until somebody says that they are gone", () => {
  new Leases(directory, "run-2").take({ containersOf: "run-2", what: "container:mosquitto" });
  orphan();
  const [found] = reapOrphans(directory).containers;
  expect(found).toMatchObject({ run: "run-2", what: "container:mosquitto" });
  expect(reapOrphans(directory).containers).toHaveLength(1);
  found?.forget();
  expect(reapOrphans(directory).containers).toEqual([]);
});

it.runIf(process.platform === "linux")("says nothing of containers whose run is still on", () => {
  new Leases(directory, "run-2").take({ containersOf: "run-2", what: "container:mosquitto" });
  expect(reapOrphans(directory).containers).toEqual([]);
});

it.runIf(process.platform === "linux")("removes secrets that a killed run left behind, and no other folder", () => {
  const secrets = mkdtempSync(join(tmpdir(), "seatrial-load-"));
  const other = mkdtempSync(join(tmpdir(), "other-"));
  const leases = new Leases(directory, "run-3");
  for (const folder of [secrets, other]) leases.take({ folder, what: "settings of k6" });
  for (const name of readdirSync(directory)) {
    const lease = JSON.parse(readFileSync(join(directory, name), "utf8"));
    writeFileSync(join(directory, name), JSON.stringify({ ...lease, owner: { ...lease.owner, began: "1" } }));
  }
  reapOrphans(directory);
  expect([existsSync(secrets), existsSync(other)]).toEqual([false, true]);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(other, { recursive: true });
});
