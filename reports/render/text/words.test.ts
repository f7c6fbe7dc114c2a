import { describe, expect, it } from "vitest";
import { duration, percent, points, sentence } from "./words.ts";

const plainSpaces = (text: string) => text.replaceAll("\u00a0", " ");

describe("words", () => {
  it.each([
    [0, "0 %"],
    [0.001, "<1 %"],
    [0.345, "35 %"],
    [0.999, "99 %"],
    [1, "100 %"],
  ])("never lets %d look like all or nothing unless it is", (share, expected) => {
    expect(plainSpaces(percent(share))).toBe(expected);
  });

  it.each([
    [89.96, "89.9"],
    [90, "90.0"],
    [58.999_999_9, "59.0"],
    [0.04, "0.0"],
  ])("rounds %d points down", (value, expected) => {
    expect(points(value)).toBe(expected);
  });

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1 s"],
    [7_249, "7.2 s"],
    [125_000, "2 min 5 s"],
  ])("tells %d milliseconds", (ms, expected) => {
    expect(plainSpaces(duration(ms))).toBe(expected);
  });

  it("begins a sentence with a capital, but leaves names alone", () => {
    expect(sentence("nothing was seen")).toBe("Nothing was seen");
    expect(sentence("mqtt.topic-snoop was skipped")).toBe("mqtt.topic-snoop was skipped");
  });
});
