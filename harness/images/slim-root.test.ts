import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { publishedAt, slimRoot, writeRootFiles } from "./slim-root.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slim-root-"));
  put("etc/shadow", "root:*:20000:0:99999:7:::\n_apt:!:20001:0:99999:7:::\n");
  put("usr/share/doc/bash/copyright", "GPL");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

it("keeps programs and licences, and leaves out what nobody reads in a container", () => {
  const goes = [
    "usr/share/doc/bash/changelog.gz",
    "usr/share/man/man1/bash.1.gz",
    "usr/share/locale/de/LC_MESSAGES/bash.mo",
    "var/lib/apt/lists/x_InRelease",
    "var/cache/apt/archives/bash.deb",
    "var/log/dpkg.log",
    "tmp/x",
  ];
  for (const path of goes) put(path, "x");
  put("bin/bash", "x");
  slimRoot(root);
  expect(goes.filter((path) => existsSync(join(root, path)))).toEqual([]);
  expect(["bin/bash", "usr/share/doc/bash/copyright"].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(existsSync(join(root, "var/lib/apt/lists"))).toBe(true);
});

it("leaves nothing of the machine and the day that it was made on", () => {
  for (const path of ["etc/hostname", "etc/resolv.conf", "etc/machine-id"]) put(path, "of this machine");
  slimRoot(root);
  expect(existsSync(join(root, "etc/hostname"))).toBe(false);
  expect(existsSync(join(root, "etc/resolv.conf"))).toBe(false);
  expect(readFileSync(join(root, "etc/machine-id"), "utf8")).toBe("");
  expect(readFileSync(join(root, "etc/shadow"), "utf8")).toBe("root:*:1:0:99999:7:::\n_apt:!:1:0:99999:7:::\n");
});

it("takes updates from the mirror that debootstrap used, and starts no service while packages are installed", () => {
  put("etc/apt/sources.list", "deb http://mirror.example/debian bookworm main\n");
  writeRootFiles(root, "bookworm");
  expect(readFileSync(join(root, "etc/apt/sources.list"), "utf8").trim().split("\n")).toEqual([
    "deb http://mirror.example/debian bookworm main",
    "deb http://mirror.example/debian bookworm-updates main",
    "deb http://mirror.example/debian-security bookworm-security main",
  ]);
  expect(statSync(join(root, "usr/sbin/policy-rc.d")).mode & 0o777).toBe(0o755);
});

it("dates everything by the newest of the archive's lists", () => {
  put("var/lib/apt/lists/a_InRelease", "Suite: a\nDate: Sat, 10 Jan 2026 09:00:00 UTC\n");
  put("var/lib/apt/lists/b_InRelease", "Suite: b\nDate: Sun, 11 Jan 2026 09:00:00 UTC\n");
  expect(publishedAt(root)).toBe(Date.parse("2026-01-11T09:00:00Z") / 1_000);
});
