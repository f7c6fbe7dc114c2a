import { describe, expect, it } from "vitest";
import type { LoadSecond } from "#contract/load.ts";
import {
  attackLines,
  countOfOperation,
  disruptionLines,
  type LoadTold,
  linked,
  loadLines,
  published,
} from "#testing/load-lines.ts";
import { historyOf, type Line } from "#testing/record.ts";
import { loadsOf } from "./loads.ts";

type Timed = Line & { readonly atMs: number };

const seconds = (count: number, of: LoadSecond["operations"] = published(10)) =>
  Array.from({ length: count }, () => of);
const of = (told: LoadTold, beside: readonly Timed[] = []) =>
  loadsOf({ history: historyOf(linked([...loadLines(told), ...beside])) })[0];
const windowLengths = (told: LoadTold, beside: readonly Timed[]) =>
  of(told, beside)?.windows.map(({ window, seconds: lasted }) => [window, lasted]);
const skip = (action: string, detail: Timed["detail"]): Timed => ({
  actor: "load:mqtt.connect-storm",
  action,
  phase: "noted",
  ...(detail !== undefined && { detail }),
  atMs: 5,
});
const loadsIn = (line: Timed) => loadsOf({ history: historyOf([line]) });
const flood = "attack:mqtt.connect-flood";

describe("loadsOf", () => {
  it("splits a load by what was done beside it", () => {
    expect(windowLengths({ seconds: seconds(20) }, attackLines(flood, 5_000, 15_000))).toEqual([
      ["before", 5],
      ["during", 10],
      ["after", 5],
    ]);
  });

  it.each<[string, number, number, readonly (readonly [string, number])[]]>([
    [
      "counts a second on either border as during",
      5_001,
      14_999,
      [
        ["before", 5],
        ["during", 10],
        ["after", 5],
      ],
    ],
    [
      "lets one millisecond make a second",
      4_999,
      15_001,
      [
        ["before", 4],
        ["during", 12],
        ["after", 4],
      ],
    ],
    [
      "has no before where something is done from the start",
      0,
      5_000,
      [
        ["during", 5],
        ["after", 15],
      ],
    ],
    [
      "has no after where something is done to the end",
      18_000,
      60_000,
      [
        ["before", 18],
        ["during", 2],
      ],
    ],
    ["takes what ended before the load for nothing beside it", -5_000, 0, [["alone", 20]]],
  ])("%s", (_, fromMs, toMs, expected) => {
    const startMs = 10_000;
    expect(
      windowLengths({ fromMs: startMs, seconds: seconds(20) }, attackLines(flood, startMs + fromMs, startMs + toMs)),
    ).toEqual(expected);
  });

  it("counts a disruption from imposing to lifting, and the quiet between two things as during", () => {
    const beside = [
      ...disruptionLines("disruption:memory-limit", 4_000, 6_000, { severs: false, watchedMs: 18_000 }),
      ...attackLines(flood, 9_000, 12_000),
    ];
    expect(windowLengths({ seconds: seconds(20) }, beside)).toEqual([
      ["before", 4],
      ["during", 8],
      ["after", 8],
    ]);
  });

  it("takes neither the control nor the recovery of an attack for something done", () => {
    const control: readonly Timed[] = [
      { actor: flood, action: "control", phase: "attempt", beat: "control", atMs: 1_000 },
      { actor: flood, action: "control", phase: "ok", beat: "control", atMs: 2_000 },
      { actor: flood, action: "recovery", phase: "attempt", beat: "recovery", atMs: 16_000 },
      { actor: flood, action: "recovery", phase: "ok", beat: "recovery", atMs: 17_000 },
    ];
    expect(windowLengths({ seconds: seconds(20) }, [...control, ...attackLines(flood, 5_000, 15_000)])?.[0]).toEqual([
      "before",
      5,
    ]);
  });

  it("has all in one window where nothing was done", () => {
    expect(windowLengths({ seconds: seconds(20) }, [])).toEqual([["alone", 20]]);
    expect(windowLengths({ seconds: [] }, [])).toEqual([]);
  });

  it("gives shares and times with their intervals, operation by operation", () => {
    const mixed = {
      deliver: countOfOperation(0, 4),
      publish: countOfOperation(8, 2, [1, 1, 1, 1, 1, 1, 1, 100]),
    };
    const operations = of({ seconds: seconds(10, mixed) })?.windows[0]?.operations;
    expect(operations?.map(({ operation, ok, failed }) => [operation, ok, failed])).toEqual([
      ["publish", 80, 20],
      ["deliver", 0, 40],
    ]);
    const [publish, deliver] = operations ?? [];
    expect(publish?.availability?.value).toBe(0.8);
    // Wilson's two-sided 95 % interval for 80 of 100, by hand.
    expect(publish?.availability?.low).toBeCloseTo(0.7112, 4);
    expect(publish?.availability?.high).toBeCloseTo(0.8666, 4);
    expect(publish?.p50?.value).toBeCloseTo(1, 1);
    expect(publish?.p99?.value).toBeGreaterThan(97);
    expect(publish?.p95?.low).toBeLessThanOrEqual(publish?.p95?.value ?? 0);
    expect(deliver?.availability).toMatchObject({ value: 0, low: 0 });
    expect(deliver).not.toHaveProperty("p50");
  });

  it("says nothing of the availability of what was never tried", () => {
    const [connect] = of({ seconds: seconds(2, { connect: countOfOperation(0) }) })?.windows[0]?.operations ?? [];
    expect(connect).toEqual({ operation: "connect", ok: 0, failed: 0 });
  });

  it("keeps what the generator says of itself, what three sides counted, and where the dashboard lies", () => {
    const counted = { quantity: "published", generator: 99, lab: 100, target: 100, agree: true, says: "they agree" };
    const result = of({
      actor: "load:mqtt.publish-fan-in#2",
      seconds: seconds(1),
      notes: [
        { action: "load.counted", detail: counted },
        { action: "load.dashboard", detail: { path: "load/mqtt.publish-fan-in/dashboard.html" } },
      ],
    });
    expect(result).toMatchObject({
      actor: "load:mqtt.publish-fan-in#2",
      load: "mqtt.publish-fan-in",
      generator: { healthy: true },
      counted: [counted],
      dashboard: "load/mqtt.publish-fan-in/dashboard.html",
    });
  });

  it("keeps why a load was skipped, by itself or by the engine", () => {
    expect(loadsIn(skip("load.skipped", { because: "k6 was not found", bring: "npm run setup:k6" }))).toEqual([
      {
        actor: "load:mqtt.connect-storm",
        load: "mqtt.connect-storm",
        skipped: { because: "k6 was not found", bring: "npm run setup:k6" },
        counted: [],
        windows: [],
      },
    ]);
    expect(loadsIn(skip("skipped", { because: "the target does not listen on ws" }))[0]?.skipped).toEqual({
      because: "the target does not listen on ws",
      bring: "",
    });
  });

  it("reads over a line that no load writes", () => {
    const broken: Timed = {
      actor: "load:mqtt.publish-fan-in",
      action: "load.second",
      phase: "noted",
      detail: "x",
      atMs: 1,
    };
    expect(of({ seconds: seconds(3) }, [broken])?.windows[0]?.seconds).toBe(3);
  });
});
