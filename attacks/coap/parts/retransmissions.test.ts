import { assert, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { breachIn, gapsOf, type Transmission } from "./retransmissions.ts";

/** One message, sent at these times. */
const at = (...timesMs: readonly number[]): readonly Transmission[] => timesMs.map((atMs) => ({ id: "a", atMs }));
const other = (...timesMs: readonly number[]): readonly Transmission[] => timesMs.map((atMs) => ({ id: "b", atMs }));
const together = (...sent: readonly (readonly Transmission[])[]) =>
  sent.flat().toSorted((one, next) => one.atMs - next.atMs);

describe("requests that nobody answers", () => {
  it("keep the rules whatever the first wait is and however often they are repeated", () => {
    assert(
      property(double({ min: 2_000, max: 3_000, noNaN: true }), integer({ min: 0, max: 4 }), (firstMs, repetitions) => {
        const times = Array.from({ length: repetitions + 1 }, (_, n) => Math.round(firstMs * (2 ** n - 1)));
        expect(breachIn(at(...times))).toBeUndefined();
        expect(gapsOf(at(...times))).toHaveLength(repetitions);
      }),
    );
  });

  it("keep them where the next request goes out after the first was given up", () => {
    expect(breachIn(together(at(0, 2_000, 6_000), other(14_000, 16_500)))).toBeUndefined();
  });

  it.each([
    ["again within a second", at(0, 500), "a request was sent again after 500 ms"],
    ["always after the same time", at(0, 2_000, 4_000), "the wait before a repetition went from 2000 to 2000 ms"],
    ["a sixth time", at(0, 2_000, 6_000, 14_000, 30_000, 62_000), "one request was sent 6 times"],
    ["beside another", together(at(0, 2_500, 7_500), other(5_000)), "a second request went out while the first"],
    ["soon after another", together(at(0), other(1_000)), "a second request went out 1000 ms after the first"],
  ])("break them where one is sent %s", (_, sent, said) => {
    expect(breachIn(sent)).toContain(said);
  });

  it("say nothing where none was sent", () => {
    expect(breachIn([])).toBeUndefined();
    expect(gapsOf([])).toEqual([]);
  });
});
