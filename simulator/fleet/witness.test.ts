import { describe, expect, it } from "vitest";
import { filtersFor, sequenceOf } from "./witness.ts";

describe("filtersFor", () => {
  it("covers the topics of a fleet with one filter", () => {
    expect(filtersFor(["devices/a/telemetry", "devices/b/telemetry"])).toEqual(["devices/+/telemetry"]);
  });

  it("asks for a single topic by its name", () => {
    expect(filtersFor(["devices/a/telemetry"])).toEqual(["devices/a/telemetry"]);
  });

  it("asks for each topic where they have no shape in common", () => {
    expect(filtersFor(["a/b/c", "a/b", "x/y/c"])).toEqual(["a/b/c", "a/b", "x/y/c"]);
  });
});

describe("sequenceOf", () => {
  it.each([
    ['{"seq":1,"celsius":20}', 1],
    ['{"seq":1234567}', 1_234_567],
    ['{"seq":12}', 12],
    ['{"seq":}', undefined],
    ['{"sequence":1}', undefined],
    ["", undefined],
  ])("reads %s as %s", (payload, sequence) => {
    expect(sequenceOf(Buffer.from(payload))).toBe(sequence);
  });
});
