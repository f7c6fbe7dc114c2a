import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ScratchFolder } from "./scratch-folder.ts";

let parent = "";
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "scratch-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

it("is gone with all that is in it", () => {
  {
    using scratch = new ScratchFolder(parent);
    writeFileSync(join(scratch.path, "file"), "x");
  }
  expect(readdirSync(parent)).toEqual([]);
});

it("sweeps what a killed process left, and leaves what belongs to living ones and to others", () => {
  const { pid: dead } = spawnSync(process.execPath, ["--version"]);
  mkdirSync(join(parent, `seatrial-images-${dead}-abc`, "root"), { recursive: true });
  mkdirSync(join(parent, `seatrial-images-${process.pid}-abc`));
  mkdirSync(join(parent, "somebody-elses"));
  using scratch = new ScratchFolder(parent);
  expect(existsSync(scratch.path)).toBe(true);
  expect(existsSync(join(parent, `seatrial-images-${dead}-abc`))).toBe(false);
  expect(existsSync(join(parent, `seatrial-images-${process.pid}-abc`))).toBe(true);
  expect(existsSync(join(parent, "somebody-elses"))).toBe(true);
});
