import { describe, expect, it } from "vitest";
import { parseThreshold } from "./expression.ts";
import { type MetricType, metricsOf } from "./metrics.ts";
import { thresholds } from "./thresholds.ts";

const schema = thresholds(metricsOf.publishFanIn);

function issueOf(given: unknown) {
  const [issue] = schema.safeParse(given).error?.issues ?? [];
  if (issue === undefined) throw new Error("nothing is wrong");
  return issue;
}

describe("a threshold", () => {
  it.each<[string, MetricType]>([
    ["p(95)<300", "trend"],
    ["p(99.9) <= 2000", "trend"],
    ["max<2000", "trend"],
    ["med != 0", "trend"],
    ["count===0", "counter"],
    ["rate > 100.5", "counter"],
    ["rate>0.99", "rate"],
    ["value<100", "gauge"],
  ])("may be %s on a %s", (text, type) => {
    expect(parseThreshold(text, type)).toMatchObject({ value: expect.any(Number) });
  });

  it.each<[string, MetricType, string]>([
    ["rate<0.1", "trend", 'asks for "rate", but a trend has avg, min, max, med, p(N)'],
    ["p(95)<3", "counter", 'asks for "p(95)", but a counter has count, rate'],
    ["count<1", "rate", 'asks for "count", but a rate has rate'],
    ["p(101)<3", "trend", "asks for the percentile 101, above 100"],
    ["p(high)<3", "trend", 'asks for "p(high)"'],
    ["p95<300", "trend", "is not a threshold of k6"],
    ["p(95)<", "trend", "is not a threshold of k6"],
    ["p(95)<300ms", "trend", "is not a threshold of k6"],
    ["p(95)<300 && max<1", "trend", "is not a threshold of k6"],
    ["rate<1%", "rate", 'write for example "rate>0.99"'],
    ["", "gauge", 'write for example "value<100"'],
  ])("may not be %j on a %s", (text, type, because) => {
    expect(parseThreshold(text, type)).toContain(because);
  });
});

describe("the thresholds of a load", () => {
  it("are none unless some are given", () => {
    expect(schema.parse(undefined)).toEqual({});
  });

  it("stay as they were written", () => {
    const given = { mqtt_publish_ms: ["p(95)<300", "max<2000"], dropped_iterations: ["count<1"] };
    expect(schema.parse(given)).toEqual(given);
  });

  it("name a metric that the load measures, and it tells which was meant", () => {
    const issue = issueOf({ mqtt_publsh_ms: ["p(95)<300"] });
    expect(issue.path).toEqual(["mqtt_publsh_ms"]);
    expect(issue.message).toContain('did you mean "mqtt_publish_ms"?');
    expect(issue.message).toContain("which has mqtt_connect_ms");
  });

  it("do not name a metric that only another load measures", () => {
    expect(issueOf({ mqtt_resume_ms: ["p(95)<300"] }).message).toContain("is not measured by this load");
  });

  it("tell which expression is wrong", () => {
    const issue = issueOf({ mqtt_publish_ms: ["p(95)<300", "rate<1"] });
    expect(issue.path).toEqual(["mqtt_publish_ms", 1]);
    expect(issue.message).toContain('("rate<1")');
  });

  it("do not select part of a metric", () => {
    expect(issueOf({ "mqtt_publish_ms{qos:1}": ["max<1"] }).message).toContain(
      'not possible here; set a threshold on "mqtt_publish_ms"',
    );
  });

  it("are not an empty list", () => {
    expect(issueOf({ mqtt_publish_ms: [] }).path).toEqual(["mqtt_publish_ms"]);
  });
});
