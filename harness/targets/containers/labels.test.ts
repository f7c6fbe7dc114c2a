import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { isAbandoned, labelsOf, type Onlooker, onlooker, runLabel } from "./labels.ts";
import { beganOf } from "./process-identity.ts";

/** Who looks from process 1 of this machine; process 7 began at tick 100 and lives. */
function onlookerOf(more: Partial<Onlooker["self"]> = {}, host = "here"): Onlooker {
  return {
    host,
    self: { pid: 1, began: "1", boot: "boot-1", namespace: "pid:[1]", ...more },
    beganOf: (pid) => (pid === 7 ? "100" : undefined),
  };
}

const labelsBy = (pid: number, began: string) => labelsOf("run-1", onlookerOf({ pid, began }));

it("says whose something is", () => {
  expect(labelsBy(7, "100")[runLabel]).toBe("run-1");
});

it("takes for abandoned only what a process of this machine made that is gone", () => {
  const here = onlookerOf();
  expect(isAbandoned(labelsBy(7, "100"), here)).toBe(false);
  expect(isAbandoned(labelsBy(8, "100"), here)).toBe(true);
  // Its number was given to another process.
  expect(isAbandoned(labelsBy(7, "99"), here)).toBe(true);
  expect(isAbandoned(labelsBy(7, "100"), onlookerOf({ boot: "boot-2" }))).toBe(true);
});

it("leaves alone what it cannot know about", () => {
  const gone = labelsBy(8, "100");
  expect(isAbandoned(gone, onlookerOf({}, "elsewhere"))).toBe(false);
  expect(isAbandoned(gone, onlookerOf({ namespace: "pid:[2]" }))).toBe(false);
  expect(isAbandoned({}, onlookerOf())).toBe(false);
  expect(isAbandoned({ [runLabel]: "run-1" }, onlookerOf())).toBe(false);
  expect(isAbandoned({ ...gone, [runLabel]: "" }, onlookerOf())).toBe(true);
});

it("knows a process of this machine while it lives, and no longer", async () => {
  expect(isAbandoned(labelsOf("run-1", onlooker()), onlooker())).toBe(false);
  const child = spawn("sleep", ["30"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const labels = labelsOf("run-1", {
    ...onlooker(),
    self: { ...onlooker().self, pid, began: beganOf(pid) ?? "none" },
  });
  expect(isAbandoned(labels, onlooker())).toBe(false);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  expect(isAbandoned(labels, onlooker())).toBe(true);
});
