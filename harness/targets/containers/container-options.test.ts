import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { archivesOf, createOptionsOf, foldersOf, hostConfigOf, transportOf } from "./container-options.ts";

const ports = [{ inside: 1883, outside: 40_001, transport: "tcp" }] as const;
const files = [
  { path: "/seatrial/a.conf", content: "one\n" },
  { path: "/seatrial/secret", content: "x".repeat(600), mode: 0o600 },
  { path: "/etc/other/b.conf", content: "" },
];
const confine = (user?: string, readOnlyRoot?: boolean, openFiles?: number) =>
  hostConfigOf(
    { memoryBytes: 1_000, ...(readOnlyRoot && { readOnlyRoot }) },
    { ...(user !== undefined && { user }) },
    ports,
    "127.0.0.1",
    [{ name: "disk", path: "/data" }],
    openFiles,
  );

it("publishes each listener on the given address and port alone", () => {
  expect(confine().PortBindings).toEqual({ "1883/tcp": [{ HostIp: "127.0.0.1", HostPort: "40001" }] });
  expect(createOptionsOf({ files }, ports).ExposedPorts).toEqual({ "1883/tcp": {} });
});

it("publishes what is reached by UDP as such, beside TCP on the same port inside", () => {
  const both = [
    { inside: 5683, outside: 40_001, transport: transportOf("coap") },
    { inside: 5683, outside: 40_002, transport: transportOf("coap+tcp") },
  ];
  expect(hostConfigOf({ memoryBytes: 1_000 }, {}, both, "127.0.0.1", [], undefined).PortBindings).toEqual({
    "5683/udp": [{ HostIp: "127.0.0.1", HostPort: "40001" }],
    "5683/tcp": [{ HostIp: "127.0.0.1", HostPort: "40002" }],
  });
  expect(createOptionsOf({ files }, both).ExposedPorts).toEqual({ "5683/udp": {}, "5683/tcp": {} });
});

it("takes from the container what it does not need", () => {
  expect(confine("1883:1883")).toMatchObject({
    CapDrop: ["ALL"],
    CapAdd: [],
    SecurityOpt: ["no-new-privileges"],
    Memory: 1_000,
    MemorySwap: 1_000,
    RestartPolicy: { Name: "no" },
  });
  // An entry point that begins as root has to become somebody else.
  expect(confine().CapAdd).toContain("SETUID");
  expect(confine("1:1", true).ReadonlyRootfs).toBe(true);
  expect(confine("1:1").ReadonlyRootfs).toBeUndefined();
});

it("asks for as many open files as it is told to, or leaves that to Docker", () => {
  expect(confine("1:1", false, 20_000).Ulimits).toEqual([{ Name: "nofile", Soft: 20_000, Hard: 20_000 }]);
  expect(confine("1:1").Ulimits).toBeUndefined();
});

it("passes command, user and environment on, and leaves the image's own where none is given", () => {
  expect(createOptionsOf({ files, command: ["run"], user: "5", environment: { A: "b" } }, ports)).toMatchObject({
    Cmd: ["run"],
    User: "5",
    Env: ["A=b"],
  });
  expect(createOptionsOf({ files }, ports)).not.toHaveProperty("Cmd");
});

/** Lists an archive with the tar of this machine: an independent reader. */
const listed = (tar: Buffer | undefined) =>
  execFileSync("tar", ["-tv", "--numeric-owner"], { input: tar, encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/))
    .map(([mode, owner, size, , , name]) => [mode, owner, size, name].join(" "));

it("packs the files so that tar reads them, owned by the user of the container", () => {
  const [all, ...others] = archivesOf({ files, user: "1883:1884" }, false);
  expect(others).toEqual([]);
  expect(all?.into).toBe("/");
  expect(listed(all?.tar)).toEqual([
    "-rw-r--r-- 1883/1884 4 seatrial/a.conf",
    "-rw------- 1883/1884 600 seatrial/secret",
    "-rw-r--r-- 1883/1884 0 etc/other/b.conf",
  ]);
});

it("packs them folder by folder where only those are writable", () => {
  expect(foldersOf(files)).toEqual(["/seatrial", "/etc/other"]);
  const packed = archivesOf({ files }, true).map(({ into, tar }) => [into, listed(tar)]);
  expect(packed).toEqual([
    ["/seatrial", ["-rw-r--r-- 0/0 4 a.conf", "-rw------- 0/0 600 secret"]],
    ["/etc/other", ["-rw-r--r-- 0/0 0 b.conf"]],
  ]);
});
