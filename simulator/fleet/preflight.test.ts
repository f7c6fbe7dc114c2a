import { describe, expect, it } from "vitest";
import { loopback } from "#testing/bench.ts";
import { checkLimits, machineLimits } from "./preflight.ts";

const ample = { openFiles: 20_000, usedFiles: 30, ports: 28_000 };

const checkShort = () => checkLimits(5_000, loopback(1), { ...ample, openFiles: 1_024 });

describe("checkLimits", () => {
  it("says how many open files are needed, how many there are, and what to type", () => {
    expect(checkShort).toThrow(
      expect.objectContaining({ code: "E_LIMIT", hint: expect.stringContaining("ulimit -n") }),
    );
    expect(checkShort).toThrow(/5000 devices needs 5094 open files.* 1024/);
  });

  it("refuses more devices than there are local ports", () => {
    expect(() => checkLimits(5_000, loopback(1), { ...ample, ports: 4_999 })).toThrow(/4999/);
  });

  it("refuses more devices than the scope allows at an address that is not this machine", () => {
    const at = loopback(1, "mqtt", { host: "192.0.2.1", maxConnections: 100 });
    expect(() => checkLimits(101, at, ample)).toThrow(/100 connections allowed at 192\.0\.2\.1/);
    expect(() => checkLimits(100, at, ample)).not.toThrow();
  });

  it("lets ten thousand devices onto this machine where the limits allow it", () => {
    expect(() => checkLimits(10_000, loopback(1), ample)).not.toThrow();
  });
});

it("reads limits that leave room for at least one device", () => {
  expect(() => checkLimits(1, loopback(1), machineLimits())).not.toThrow();
});
