import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { folderDigest } from "./folder-digest.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "folder-digest-"));
  mkdirSync(at("inner"));
  writeFileSync(at("inner/file"), "content", { mode: 0o644 });
  symlinkSync("inner/file", at("link"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("is the same for the same files, whenever they were written", async () => {
  const before = await folderDigest(folder);
  utimesSync(at("inner/file"), 1, 1);
  expect(await folderDigest(folder)).toBe(before);
});

it.each([
  ["a file's content", () => writeFileSync(at("inner/file"), "c0ntent")],
  ["a file's name", () => renameSync(at("inner/file"), at("inner/other"))],
  ["whether it may be executed", () => chmodSync(at("inner/file"), 0o755)],
  ["an empty folder", () => mkdirSync(at("empty"))],
  ["where a link leads", () => (rmSync(at("link")), symlinkSync("inner", at("link")))],
])("changes with %s", async (_what, change) => {
  const before = await folderDigest(folder);
  change();
  expect(await folderDigest(folder)).not.toBe(before);
});
