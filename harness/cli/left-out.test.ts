import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { leftOut } from "./left-out.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "left-out-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bare = () => ({ PATH: folder, XDG_CACHE_HOME: folder, DOCKER_HOST: "unix:///somewhere" });

it("names k6 with the command that brings it, unless a program of that name is on the PATH", () => {
  expect(leftOut(bare())).toEqual([expect.stringContaining("npm run setup:k6")]);
  writeFileSync(join(folder, "k6"), "#!/bin/sh\n");
  expect(leftOut(bare())).toHaveLength(1);
  chmodSync(join(folder, "k6"), 0o755);
  expect(leftOut(bare())).toEqual([]);
});
