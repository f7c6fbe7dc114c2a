import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lab } from "./lab.ts";
import type { Terminal } from "./terminal.ts";

let place = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "lab-"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const out = () => join(place, "lab");

/** Runs the command; gives what it printed as its result. */
async function prepare(words: readonly string[], devices: string): Promise<readonly string[]> {
  const printed: string[] = [];
  const terminal: Terminal = {
    result: (text) => void printed.push(text),
    line() {},
    live() {},
    paint: (_, text) => text,
    fault() {},
  };
  expect(await lab(words, { out: out(), devices, color: false }, terminal)).toBe(0);
  return printed;
}

it("makes a lab and says what comes next, with the folder that Compose must be told of", async () => {
  const printed = await prepare(["prepare"], "7");
  expect(JSON.parse(readFileSync(join(out(), "lab.json"), "utf8"))).toMatchObject({ tool: "seatrial", devices: 7 });
  expect(printed.join("\n")).toContain(`SEATRIAL_LAB=${out()} docker-compose up -d mosquitto-weak`);
});

it.each([
  ["prepar", "200", "prepare"],
  ["prepare", "0", "1 to 5000"],
  ["prepare", "many", "1 to 5000"],
  ["prepare", "5001", "1 to 5000"],
])("refuses %s --devices %s, and makes nothing", async (word, devices, says) => {
  await expect(prepare([word], devices)).rejects.toMatchObject({
    code: "E_USAGE",
    message: expect.stringContaining(says),
  });
  expect(existsSync(out())).toBe(false);
});
