import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { Front, type Weather } from "./weather.ts";

/** What became of 2,000 datagrams of 100 bytes, sent one a millisecond. */
function fates(weather: Weather): readonly (readonly number[])[] {
  const front = new Front(weather, randomOf(7));
  return Array.from({ length: 2_000 }, (_, nowMs) => front.fate("target", 100, nowMs));
}

function share(weather: Weather, copies: number): number {
  return fates(weather).filter(({ length }) => length === copies).length / 2_000;
}

describe("weather", () => {
  it("does nothing where nothing is said", () => {
    expect(fates({})).toEqual(fates({ lose: 0, duplicate: 0, reorder: 0, latencyMs: 0, jitterMs: 0 }));
    expect(
      fates({})
        .flat()
        .every((afterMs) => afterMs === 0),
    ).toBe(true);
  });

  it("loses and doubles the share that it is told to", () => {
    expect(share({ lose: 0.3 }, 0)).toBeCloseTo(0.3, 1);
    expect(share({ lose: 1 }, 0)).toBe(1);
    expect(share({ duplicate: 0.2 }, 2)).toBeCloseTo(0.2, 1);
  });

  it("delays by its latency, give or take its jitter, and never into the past", () => {
    const delays = fates({ latencyMs: 20, jitterMs: 30 }).flat();
    expect(Math.min(...delays)).toBe(0);
    expect(Math.max(...delays)).toBeGreaterThan(45);
    expect(Math.max(...delays)).toBeLessThanOrEqual(50);
  });

  it("holds back the share that is to be overtaken", () => {
    const late = fates({ reorder: 0.25, reorderMs: 40 }).filter(([afterMs]) => afterMs === 40);
    expect(late.length / 2_000).toBeCloseTo(0.25, 1);
  });

  it("spares the direction that it is not for", () => {
    const front = new Front({ towards: "client", lose: 1 }, randomOf(7));
    expect([front.fate("target", 9, 0), front.fate("client", 9, 0)]).toEqual([[0], []]);
  });

  it("lets no more through than its rate, makes the rest wait, and loses what would wait for too long", () => {
    // 128 bytes with headers: 128 ms each at 8,000 bits a second.
    const front = new Front({ bitsPerSecond: 8_000, queueMs: 400 }, randomOf(7));
    const sent = Array.from({ length: 5 }, () => front.fate("target", 100, 0));
    expect(sent).toEqual([[128], [256], [384], [], []]);
    expect(front.fate("client", 100, 0)).toEqual([128]);
    expect(front.fate("target", 100, 384)).toEqual([128]);
  });

  it("decides the same for the same seed", () => {
    const rough = { lose: 0.1, duplicate: 0.1, reorder: 0.1, latencyMs: 5, jitterMs: 5 };
    expect(fates(rough)).toEqual(fates(rough));
  });
});
