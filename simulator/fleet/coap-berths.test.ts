import { describe, expect, it } from "vitest";
import type { LabAddress } from "#contract/bench.ts";
import { loopback } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";
import { deviceOf } from "#testing/units.ts";
import { coapBerths } from "./coap-berths.ts";

const plain = loopback(5683, "coap");
const secure = loopback(5684, "coaps");
const named = Array.from({ length: 20_000 }, (_, index) => deviceIdentityOf(`lamp-${index}`));
const keyed = named.map((identity) => ({ ...identity, password: "s3cret" }));
const type = deviceOf({ id: "lamp", keepAliveS: 60, telemetry: { everyMs: 30_000, qos: 1, reading: () => ({}) } });

function berths(given: {
  readonly at?: LabAddress;
  readonly listeners?: readonly LabAddress[];
  readonly identities?: typeof named;
  readonly size?: number;
  readonly posture?: { readonly [knob: string]: string };
}) {
  const { at = plain, listeners = [], identities = named, size = 100, posture = {} } = given;
  return coapBerths({ at, listeners, identities }, type, posture, size);
}

describe("coapBerths", () => {
  it("takes coaps, with a socket for each device, where the target has it and all devices have keys", () => {
    expect(berths({ listeners: [secure], identities: keyed })).toEqual({ at: secure, sockets: "own", count: 100 });
    expect(berths({ listeners: [secure], identities: keyed, posture: { sockets: "shared" } }).sockets).toBe("own");
    expect(berths({ at: secure, identities: keyed }).at).toBe(secure);
  });

  it("takes plain coap otherwise, also where it is not the main address", () => {
    expect(berths({ listeners: [secure] }).at).toBe(plain);
    expect(berths({ at: loopback(1883), listeners: [plain], identities: keyed }).at).toBe(plain);
  });

  it("has many devices share a socket, and no more than its message ids allow", () => {
    expect(berths({})).toEqual({ at: plain, sockets: "shared", count: 1 });
    const { count } = berths({ size: 20_000 });
    // A message every 30 s and four in a keep alive of 60 s, against 198 a second and socket.
    expect(count).toBe(Math.ceil(20_000 / Math.floor(198 / 0.1)));
  });

  it("gives each its own where the posture says so", () => {
    expect(berths({ posture: { sockets: "own" } })).toEqual({ at: plain, sockets: "own", count: 100 });
  });

  it("asks for an address that such devices can use", () => {
    expect(() => berths({ at: loopback(1883) })).toThrow("no such address");
    expect(() => berths({ at: loopback(5683, "coap+tcp") })).toThrow("no such address");
    expect(() => berths({ at: secure })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("password") }),
    );
  });
});
