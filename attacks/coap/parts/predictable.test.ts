import { describe, expect, it } from "vitest";
import { type SeenCall, weaknessOfIds, weaknessOfPorts, weaknessOfTokens } from "./predictable.ts";

const call = ({ port = 40_000, tokens = ["a1b2c3d4"], ids = [1] }: Partial<SeenCall>): SeenCall => ({
  port,
  tokens,
  ids,
});
const withTokens = (...tokens: readonly string[]) => tokens.map((token) => call({ tokens: [token] }));
const withIds = (...ids: readonly number[]) => ids.map((id) => call({ ids: [id, id + 1] }));
const withPorts = (...ports: readonly number[]) => ports.map((port) => call({ port }));

describe("tokens", () => {
  it("are fine where they are long enough and follow no rule", () => {
    expect(weaknessOfTokens(withTokens("a1b2c3d4", "00000001", "ffee0011", "12345678"))).toBeUndefined();
  });

  it("of less than four bytes can be tried out", () => {
    expect(weaknessOfTokens(withTokens("a1b2c3d4", "01", "01"))).toBe(
      "2 of 3 tokens have less than 4 bytes, the shortest 1, with 1 different values",
    );
    expect(weaknessOfTokens(withTokens(""))).toContain("the shortest 0");
  });

  it("that come again, or count, are known beforehand", () => {
    expect(weaknessOfTokens(withTokens("a1b2c3d4", "ffee0011", "a1b2c3d4"))).toBe("1 of 3 tokens came again");
    expect(weaknessOfTokens(withTokens("00000001", "00000003", "00000005", "00000007"))).toContain("steps of 2");
  });
});

describe("message ids", () => {
  it("are fine where each call begins elsewhere, though they count within a call", () => {
    expect(weaknessOfIds(withIds(7, 40_000, 123, 9_999))).toBeUndefined();
  });

  it("are known where each call begins with the same, or one further", () => {
    expect(weaknessOfIds(withIds(1, 1, 1))).toBe("every call begins with message id 1");
    expect(weaknessOfIds(withIds(5, 6, 7, 8))).toContain("steps of 1");
  });
});

describe("source ports", () => {
  it("are fine where they follow no rule, even where two are the same", () => {
    expect(weaknessOfPorts(withPorts(40_000, 51_234, 33_333, 40_000))).toBeUndefined();
  });

  it("are known where they stay, or count", () => {
    expect(weaknessOfPorts(withPorts(5_683, 5_683, 5_683))).toBe("every call comes from port 5683");
    expect(weaknessOfPorts(withPorts(40_000, 40_002, 40_004, 40_006))).toContain("steps of 2");
  });

  it("are not judged by two or three that happen to follow each other", () => {
    expect(weaknessOfPorts(withPorts(40_000, 40_001, 40_002))).toBeUndefined();
  });
});
