import { describe, expect, it } from "vitest";
import { pursued } from "#testing/pursued.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { proxyLoop } from "./proxy-loop.ts";

const [limits] = proxyLoop.checks;
const forwards: Inside = { action: "forward", phase: "ok", found: { answer: "2.05" } };
const circle = (hops: number | null, rounds: number): Inside => ({
  action: "circle",
  phase: "ok",
  detail: { hops, most: 40 },
  found: { rounds, answer: "2.05" },
});
const unknownOption = (reached: boolean) => pursued("smuggle", reached, { how: "a strange request", path: "" });
const judged = (...attack: readonly Inside[]) => limits?.judge(threeBeats(proxyLoop.id, { attack }));

describe("forwarding-keeps-its-limits", () => {
  it("passes where a request with Hop-Limit n comes through n - 1 times at most, and one without comes to an end", () => {
    expect(judged(forwards, circle(1, 0), circle(3, 2), circle(null, 16), unknownOption(false))).toMatchObject({
      verdict: "pass",
      says: expect.stringContaining("a request with Hop-Limit 3 came through 2 times"),
    });
  });

  it.each([
    ["Hop-Limit 1 comes through", circle(1, 1)],
    ["Hop-Limit 3 comes through three times", circle(3, 3)],
    ["the attack had to end the circle", circle(null, 40)],
    ["an option came through that nobody knows", unknownOption(true)],
  ])("fails where %s", (_, seen) => {
    expect(judged(forwards, circle(1, 0), seen)).toMatchObject({ verdict: "fail" });
  });

  it("is not applicable where the target forwards nothing", () => {
    const refused: Inside = { action: "forward", phase: "refused", found: { answer: "5.05" } };
    expect(judged(refused)).toMatchObject({ verdict: "not-applicable", says: expect.stringContaining("5.05") });
  });

  it("is inconclusive where nobody knows whether it does", () => {
    expect(judged({ action: "forward", phase: "unknown" })).toMatchObject({ verdict: "inconclusive" });
    expect(judged(forwards)).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not tested where nobody asked", () => {
    expect(judged()).toMatchObject({ verdict: "not-tested" });
  });
});
