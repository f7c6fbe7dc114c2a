import { describe, expect, it } from "vitest";
import { ifStillThere, wordsOf } from "./docker-failure.ts";
import { freeBytesOf } from "./full-disk.ts";
import { platformProblem } from "./image.ts";
import { tmpfsOptions } from "./run-place.ts";
import { endedAtOnce, isLimitRefused, isPortClash, notReady, notStarted } from "./start-failure.ts";

const docker = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });

describe("a container that does not come up", () => {
  it("is told apart from a port that somebody took", () => {
    const words = [
      "Bind for 127.0.0.1:1883 failed: port is already allocated",
      "Error starting userland proxy: listen tcp4 127.0.0.1:1883: bind: address already in use",
      "Ports are not available: exposing port TCP 127.0.0.1:1883",
    ];
    for (const each of words) expect(isPortClash(docker(500, `(HTTP code 500) server error - ${each}`))).toBe(true);
    expect(isPortClash(new Error("no such image"))).toBe(false);
    expect(isLimitRefused(new Error("error setting rlimit type 7: operation not permitted"))).toBe(true);
  });

  it("is for another kind of machine where the kernel cannot run its program", () => {
    const sign = "exec /usr/sbin/mosquitto: exec format error";
    const words = "for another kind of machine";
    expect(notStarted("container:x", "i:1", new Error(sign)).message).toContain(words);
    expect(endedAtOnce("container:x", "i:1", { code: 255, oomKilled: false }, [sign]).message).toContain(words);
    expect(
      platformProblem({ system: "linux", architecture: "arm64" }, { system: "linux", architecture: "amd64" }),
    ).toBe("it is for linux/arm64, and this Docker runs linux/amd64");
    const same = { system: "linux", architecture: "arm64" };
    expect(platformProblem(same, { ...same })).toBeUndefined();
  });

  it("says its last words, and why it ended", () => {
    const log = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    const { code, message } = endedAtOnce("container:x", "i:1", { code: 137, oomKilled: true }, log);
    expect(code).toBe("E_TARGET_START");
    expect(message).toContain("its memory limit ended it");
    expect(message).toContain("line 19");
    expect(message).not.toContain("line 1\n");
    expect(notReady("container:x", "i:1", 5_000, new Error("refused"), []).message).toContain("within 5 s (refused)");
  });

  it("repeats what Docker said, without the HTTP around it", () => {
    expect(wordsOf(docker(404, "(HTTP code 404) no such container - No such container: x "))).toBe(
      "No such container: x",
    );
  });
});

it("takes it for done where something is gone already, and for nothing else", async () => {
  expect(await ifStillThere(async () => {})).toBe(true);
  expect(await ifStillThere(() => Promise.reject(docker(404, "gone")))).toBe(false);
  await expect(ifStillThere(() => Promise.reject(docker(500, "broken")))).rejects.toThrow("broken");
});

it("mounts a disk of that size, for everybody or for one user", () => {
  expect(tmpfsOptions({ path: "/data", bytes: 1_024 })).toBe("size=1024,mode=1777");
  expect(tmpfsOptions({ path: "/data", bytes: 1_024, mode: "0700", user: "5:6" })).toBe(
    "size=1024,mode=0700,uid=5,gid=6",
  );
});

it("reads how much of a disk is free", () => {
  const header = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
  expect(freeBytesOf(`${header}tmpfs 8192 8180 12 100% /data\n`)).toBe(12_288);
  expect(() => freeBytesOf("df: not found")).toThrow("df did not tell");
});
