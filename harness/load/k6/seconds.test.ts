import { describe, expect, it } from "vitest";
import { bucketOf } from "#contract/latency.ts";
import { sampleOf } from "./sample.ts";
import { metricsOfSeconds, Seconds } from "./seconds.ts";

/** k6's clock at its first sample. */
const epochMs = Date.parse("2030-01-01T00:00:00Z");

function line(metric: string, afterMs: number, value: number): string {
  const time = new Date(epochMs + afterMs).toISOString();
  return JSON.stringify({ metric, type: "Point", data: { time, value, tags: {} } });
}

/** Gives lines to the seconds of a load that began at 5 s of the run, each `delayMs` after it was measured. */
function read(
  seconds: Seconds,
  lines: readonly (readonly [metric: string, afterMs: number, value: number])[],
  delayMs = 0,
) {
  for (const [metric, afterMs, value] of lines) {
    const sample = sampleOf(line(metric, afterMs, value), metricsOfSeconds);
    if (sample !== undefined) seconds.take(sample, 5_000 + afterMs + delayMs);
  }
}

describe("a line of k6", () => {
  it("is a sample with its time and value", () => {
    expect(sampleOf(line("mqtt_connect_ms", 250, 1.5), metricsOfSeconds)).toEqual({
      metric: "mqtt_connect_ms",
      atMs: epochMs + 250,
      value: 1.5,
    });
  });

  it("has nanoseconds, and a zone, as k6 writes them", () => {
    const nanos =
      '{"metric":"mqtt_ended","type":"Point","data":{"time":"2030-01-01T02:00:00.090165104+02:00","value":1}}';
    expect(sampleOf(nanos, metricsOfSeconds)?.atMs).toBe(epochMs + 90);
  });

  it.each([
    ["declares a metric", '{"type":"Metric","data":{"name":"mqtt_ended"},"metric":"mqtt_ended"}'],
    ["is of a metric that nobody wants", line("data_sent", 0, 1)],
    ["was cut off", line("mqtt_ended", 0, 1).slice(0, -4)],
    ["is empty", ""],
    ["has no value", '{"metric":"mqtt_ended","type":"Point","data":{"time":"2030-01-01T00:00:00Z"}}'],
  ])("says nothing where it %s", (_why, text) => {
    expect(sampleOf(text, metricsOfSeconds)).toBeUndefined();
  });
});

describe("the seconds of a load", () => {
  it("count a message that was due without a connection among those that failed", () => {
    const seconds = new Seconds(5_000);
    read(seconds, [
      ["mqtt_publish_ok", 100, 1],
      ["mqtt_withheld", 200, 1],
      ["mqtt_withheld", 300, 2],
    ]);
    expect(seconds.finish(6_000)[0]?.operations.publish).toMatchObject({ ok: 1, failed: 3 });
  });

  it("count what succeeded and what failed, and keep how long it took", () => {
    const seconds = new Seconds(5_000);
    read(seconds, [
      ["mqtt_connect_ok", 100, 1],
      ["mqtt_connect_ms", 100, 3],
      ["mqtt_connect_ok", 200, 0],
      ["mqtt_publish_ok", 300, 1],
      ["dropped_iterations", 400, 2],
      ["mqtt_connect_ok", 1_100, 1],
      ["mqtt_connect_ms", 1_100, 9],
      ["mqtt_ended", 1_200, 1],
    ]);
    seconds.used(0.5, 6_000);
    expect(seconds.finish(7_000)).toEqual([
      {
        fromMs: 5_000,
        toMs: 6_000,
        operations: {
          connect: { ok: 1, failed: 1, ms: [[bucketOf(3), 1]] },
          publish: { ok: 1, failed: 0, ms: [] },
        },
        clients: 1,
        dropped: 2,
        cores: 0.5,
      },
      {
        fromMs: 6_000,
        toMs: 7_000,
        operations: { connect: { ok: 1, failed: 0, ms: [[bucketOf(9), 1]] } },
        clients: 1,
        dropped: 0,
      },
    ]);
  });

  it("are written once nothing is added to them any more, also where nothing happened", () => {
    const seconds = new Seconds(5_000);
    read(seconds, [["mqtt_connect_ok", 0, 1]]);
    expect(seconds.through(6_900)).toEqual([]);
    expect(seconds.through(7_000).map(({ fromMs }) => fromMs)).toEqual([5_000]);
    expect(seconds.through(8_500)).toEqual([{ fromMs: 6_000, toMs: 7_000, operations: {}, clients: 1, dropped: 0 }]);
    expect(seconds.finish(7_500).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[7_000, 7_500]]);
  });

  it("lose no sample that comes too late for its own second", () => {
    const seconds = new Seconds(5_000);
    read(seconds, [["mqtt_publish_ok", 0, 1]]);
    const written = seconds.through(9_000);
    read(seconds, [["mqtt_publish_ok", 500, 1]], 3_500);
    const all = [...written, ...seconds.finish(10_000)];
    expect(all.reduce((sum, { operations }) => sum + (operations.publish?.ok ?? 0), 0)).toBe(2);
  });

  it("take the difference of the clocks from the sample that was under way the shortest", () => {
    const seconds = new Seconds(5_000);
    read(seconds, [["mqtt_ended", 10, 0]], 0);
    read(seconds, [["mqtt_publish_ok", 990, 1]], 200);
    const [first] = seconds.finish(7_000);
    expect(first?.operations.publish?.ok).toBe(1);
  });
});
