import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LabOrder, writeLab } from "./write-lab.ts";

let place = "";
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "lab-"));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

const lab = () => join(place, "lab");
const write = (changes: Partial<LabOrder> = {}) =>
  writeLab({
    folder: lab(),
    files: [{ path: "broker/etc/conf", content: "listen\n" }],
    mark: "{}\n",
    force: false,
    ...changes,
  });
const modeOf = (path: string) => statSync(join(lab(), path)).mode & 0o777;

it("lets nobody else into the folder, and the users of containers read what is mounted from it", () => {
  const before = process.umask(0o077);
  try {
    write();
  } finally {
    process.umask(before);
  }
  expect(modeOf(".")).toBe(0o700);
  expect([modeOf("broker"), modeOf("broker/etc"), modeOf("broker/etc/conf")]).toEqual([0o755, 0o755, 0o644]);
  expect(modeOf("runs")).toBe(0o777);
});

it("keeps itself out of repositories", () => {
  write();
  expect(readFileSync(join(lab(), ".gitignore"), "utf8")).toBe("*\n");
});

it("replaces a lab only when told to, and then keeps its runs and nothing else of it", () => {
  write();
  writeFileSync(join(lab(), "runs", "report"), "kept");
  writeFileSync(join(lab(), "broker", "old"), "gone");
  expect(() => write()).toThrow(expect.objectContaining({ code: "E_USAGE", hint: expect.stringContaining("--force") }));
  expect(existsSync(join(lab(), "broker", "old"))).toBe(true);
  write({ force: true, files: [{ path: "broker/etc/conf", content: "other\n" }] });
  expect(readFileSync(join(lab(), "broker/etc/conf"), "utf8")).toBe("other\n");
  expect(readFileSync(join(lab(), "runs", "report"), "utf8")).toBe("kept");
  expect(existsSync(join(lab(), "broker", "old"))).toBe(false);
  expect(readdirSync(place)).toEqual(["lab"]);
});

it("uses an empty folder, and never replaces one that is no lab", () => {
  mkdirSync(lab());
  write();
  rmSync(join(lab(), "lab.json"));
  for (const force of [false, true]) {
    expect(() => write({ force })).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  }
});

it.each([
  ["a file where the folder should be", () => writeFileSync(lab(), ""), "E_USAGE"],
  ["a missing folder above", () => rmSync(place, { recursive: true }), "E_STORE"],
])("says what is wrong with %s", (_, spoil, code) => {
  spoil();
  expect(() => write({ force: true })).toThrow(expect.objectContaining({ code }));
});

it("leaves nothing behind where it cannot write all of it", () => {
  const files = [
    { path: "broker", content: "a file" },
    { path: "broker/etc/conf", content: "below that file" },
  ];
  expect(() => write({ files })).toThrow(expect.objectContaining({ code: "E_STORE" }));
  expect(readdirSync(place)).toEqual([]);
});
