import { expect, it } from "vitest";
import { histogramOf } from "#contract/latency.ts";
import { LatencyText } from "./latency-text.ts";

const buckets = (text: string) =>
  [...text.matchAll(/le="([^"]+)"} (\d+)/g)].map(([, end, count]) => [
    Number(end?.replace("+Inf", "Infinity")),
    Number(count),
  ]);

it("counts each duration below every end that is longer, whatever the bucket it came in", () => {
  const durations = [0, 0.01, 0.06, 1, 1.7, 20, 333, 59_000];
  const latency = new LatencyText();
  latency.add({ operation: "connect" }, histogramOf(durations));
  for (const [end = 0, count] of buckets(latency.text())) {
    expect(count).toBe(durations.filter((ms) => ms / 1_000 <= end).length);
  }
});

it("adds up what comes second by second, and its sum is within 2.5 percent", () => {
  const latency = new LatencyText();
  for (const ms of [100, 200, 300]) latency.add({ operation: "publish" }, histogramOf([ms, ms]));
  const text = latency.text();
  expect(text).toContain('seconds_count{operation="publish"} 6\n');
  const sum = Number(/_sum\{.*\} (\S+)/.exec(text)?.[1]);
  expect(Math.abs(sum - 1.2) / 1.2).toBeLessThanOrEqual(0.025);
});

it("escapes what would end a label", () => {
  const latency = new LatencyText();
  latency.add({ load: 'a"b\\c\nd' }, histogramOf([1]));
  expect(latency.text()).toContain('_count{load="a\\"b\\\\c\\nd"} 1');
});
