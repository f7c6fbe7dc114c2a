import { describe, expect, it } from "vitest";
import { amplificationOf, amplifies, harmlessBytes } from "./amplification.ts";

describe("amplification", () => {
  it("is reckoned at three layers: 158 bytes for 21 are too many for CoAP and for IP, not for Ethernet", () => {
    expect(amplificationOf(21, [158])).toEqual({ coap: 7.52, ip: 3.8, ethernet: 2.65 });
    expect(amplifies(21, [158])).toBe(false);
  });

  it("counts the headers of every datagram, so that many small ones add up", () => {
    expect(amplificationOf(12, [4, 4, 4, 4]).ethernet).toBe(3.57);
    expect(amplifies(12, [4, 4, 4, 4])).toBe(true);
  });

  it("takes 136 bytes for harmless, whatever was asked", () => {
    expect(harmlessBytes).toBe(136);
    expect([136, 137].map((bytes) => amplifies(1, [bytes]))).toEqual([false, true]);
  });

  it("takes silence for no amplification", () => {
    expect(amplificationOf(21, [])).toEqual({ coap: 0, ip: 0, ethernet: 0 });
  });
});
