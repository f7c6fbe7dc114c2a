import { assert, ipV4, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Scope } from "#contract/scope.ts";
import { guard, isLoopback } from "./guard.ts";

const now = "2026-06-01T00:00:00Z";
const scope: Scope = {
  owner: "Ada",
  expires: "2026-12-31",
  targets: [
    { host: "broker.lab", ports: [1883] },
    { host: "192.0.2.7", ports: "any" },
  ],
  limits: { connections: 50, ratePerSecond: 10 },
};
const at = (host: string, port = 1883) => ({ scheme: "mqtt", host, port }) as const;

describe("without a scope file", () => {
  it("admits loopback addresses", async () => {
    await expect(guard(async () => [], now)(at("127.0.0.1"))).resolves.toMatchObject({ host: "127.0.0.1" });
    await expect(guard(async () => [], now)(at("::1"))).resolves.toMatchObject({ host: "::1" });
  });

  it.each(["8.8.8.8", "192.168.1.10", "10.0.0.1", "::ffff:8.8.8.8", "2001:db8::1", "0.0.0.0"])(
    "refuses %s",
    async (host) => {
      await expect(guard(async () => [], now)(at(host))).rejects.toMatchObject({ code: "E_OUT_OF_SCOPE" });
    },
  );

  it("refuses a name of which one address is not loopback", async () => {
    await expect(guard(async () => ["127.0.0.1", "203.0.113.9"], now)(at("two-faced.example"))).rejects.toMatchObject({
      code: "E_OUT_OF_SCOPE",
    });
  });

  it("never calls an address outside 127.0.0.0/8 loopback", () => {
    assert(property(ipV4(), (host) => isLoopback(host) === host.startsWith("127.")));
  });
});

describe("with a scope file", () => {
  it("admits what it names, pinned to the address that the name had, within its limits", async () => {
    const claimed = await guard(async () => ["203.0.113.9"], now, scope)(at("broker.lab"));
    expect(claimed).toMatchObject({
      host: "203.0.113.9",
      serverName: "broker.lab",
      maxConnections: 50,
      maxRatePerSecond: 10,
    });
  });

  it("refuses another port of the same host, and another host", async () => {
    const claim = guard(async () => ["203.0.113.9"], now, scope);
    await expect(claim(at("broker.lab", 8883))).rejects.toMatchObject({ code: "E_OUT_OF_SCOPE" });
    await expect(claim(at("203.0.113.9"))).rejects.toMatchObject({ code: "E_OUT_OF_SCOPE" });
  });

  it("refuses everything once it has expired", async () => {
    const claim = guard(async () => ["203.0.113.9"], "2027-01-01T00:00:00Z", scope);
    await expect(claim(at("192.0.2.7"))).rejects.toMatchObject({ message: expect.stringContaining("expired") });
  });

  it("cannot raise the hard caps", async () => {
    const generous: Scope = { ...scope, limits: { connections: 1e9, ratePerSecond: 1e9 } };
    const claimed = await guard(async () => [], now, generous)(at("192.0.2.7"));
    expect(claimed).toMatchObject({ maxConnections: 2_000, maxRatePerSecond: 20_000 });
  });
});
