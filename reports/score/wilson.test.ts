import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { wilson, wilsonInterval } from "./wilson.ts";

describe("wilson", () => {
  it.each([
    [0.5, 3],
    [0.7, 7],
    [0.8, 11],
    [0.9, 25],
    [0.95, 52],
  ])("proves a rate of %d with %d passed trials and not with one fewer", (rate, trials) => {
    expect(wilson(trials, trials)).toBeGreaterThanOrEqual(rate);
    expect(wilson(trials - 1, trials - 1)).toBeLessThan(rate);
  });

  it("agrees with a value computed by hand for 8 of 10", () => {
    expect(wilson(8, 10)).toBeCloseTo(0.5412, 3);
  });

  it("proves nothing without trials or without a pass", () => {
    expect(wilson(0, 0)).toBe(0);
    expect(wilson(0, 12)).toBeCloseTo(0, 12);
  });

  it("never falls when another trial passes, and never exceeds the observed rate", () => {
    assert(
      property(integer({ min: 1, max: 300 }), integer({ min: 0, max: 300 }), (planned, some) => {
        const passed = some % planned;
        expect(wilson(passed + 1, planned)).toBeGreaterThanOrEqual(wilson(passed, planned));
        expect(wilson(passed, planned)).toBeLessThanOrEqual(passed / planned + 1e-12);
      }),
    );
  });
});

describe("wilsonInterval", () => {
  it("agrees with values computed by hand for 8 of 10", () => {
    const { low, high } = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4902, 4);
    expect(high).toBeCloseTo(0.9433, 4);
  });

  it("ends exactly at all where all passed, and at nothing where nothing did", () => {
    expect(wilsonInterval(250, 250).high).toBe(1);
    expect(wilsonInterval(0, 250).low).toBe(0);
  });

  it("says nothing where nothing was tried", () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it("holds the observed rate, and never leaves 0 to 1", () => {
    assert(
      property(integer({ min: 1, max: 300 }), integer({ min: 0, max: 300 }), (tried, some) => {
        const passed = some % (tried + 1);
        const { low, high } = wilsonInterval(passed, tried);
        expect(low).toBeLessThanOrEqual(passed / tried + 1e-12);
        expect(high).toBeGreaterThanOrEqual(passed / tried - 1e-12);
        expect(Math.min(low, 1 - high)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
