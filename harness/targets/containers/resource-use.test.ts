import { expect, it } from "vitest";
import { processListOf } from "./open-files.ts";
import { sampleOf, useBetween } from "./resource-use.ts";

const line = (read: string, cpuNs: number, memory: object) => ({
  read,
  cpu_stats: { cpu_usage: { total_usage: cpuNs } },
  memory_stats: memory,
  pids_stats: { current: 3 },
});
const sample = (atMs: number, cpuNs: number) => ({ atMs, cpuNs, memoryBytes: 10, pids: 1 });

it("takes cached files off the memory, by the words of both kinds of cgroups", () => {
  const read = "1970-01-01T00:00:02.5Z";
  expect(sampleOf(line(read, 7, { usage: 100, stats: { inactive_file: 30 } }))).toEqual({
    atMs: 2_500,
    cpuNs: 7,
    memoryBytes: 70,
    pids: 3,
  });
  expect(sampleOf(line(read, 7, { usage: 100, stats: { total_inactive_file: 40 } }))?.memoryBytes).toBe(60);
});

it("makes nothing of what Docker sends for a container that does not run", () => {
  expect(sampleOf(line("0001-01-01T00:00:00Z", 0, {}))).toBeUndefined();
});

it("counts processors kept busy since the sample before", () => {
  expect(useBetween(sample(0, 0), sample(2_000, 3e9))).toEqual({ cores: 1.5, memoryBytes: 10, pids: 1 });
});

it("compares no samples of two lives", () => {
  expect(useBetween(sample(0, 5e9), sample(1_000, 1e9))).toBeUndefined();
  expect(useBetween(sample(1_000, 1), sample(1_000, 2))).toBeUndefined();
});

it.each([
  ["v1", "12:memory:/docker/abc\n9:pids:/docker/abc\n", "/sys/fs/cgroup/pids/docker/abc/cgroup.procs"],
  ["v2", "0::/system.slice/docker-abc.scope\n", "/sys/fs/cgroup/system.slice/docker-abc.scope/cgroup.procs"],
  ["of another container", "9:pids:/docker/def\n0::/user.slice\n", undefined],
])("finds the processes of a container: cgroups %s", (_kind, cgroups, expected) => {
  expect(processListOf(cgroups, "abc")).toBe(expected);
});
