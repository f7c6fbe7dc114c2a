import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { openProxy } from "./open-proxy.ts";

const ports = openProxy.checks.find(({ id }) => id === "ports-cannot-be-told-apart");
const port = (kind: string, answer: string, tookMs = 5): Inside => ({
  action: "port",
  phase: answer === "" ? "unknown" : answer.startsWith("2.") ? "ok" : "refused",
  detail: { kind },
  found: answer === "" ? {} : { answer, tookMs },
});
const judged = (...attack: readonly Inside[]) => ports?.judge(threeBeats(openProxy.id, { attack }));

describe("ports-cannot-be-told-apart", () => {
  it("passes where an open, a silent and a closed port get the same answer in the same time", () => {
    expect(judged(port("open", "5.05"), port("silent", "5.05", 9), port("closed", "5.05"))).toMatchObject({
      verdict: "pass",
      says: "an open, a silent and a closed port got the same answer, 5.05, within 9 ms",
    });
  });

  it.each([
    ["an answer of the open port, and silence else", port("open", "2.05"), port("silent", ""), port("closed", "")],
    ["a code for each", port("open", "5.04"), port("silent", "5.04"), port("closed", "5.02")],
    ["time", port("open", "5.04", 20), port("silent", "5.04", 2_000), port("closed", "5.04", 10)],
  ])("fails where %s tells them apart", (_, ...three) => {
    expect(judged(...three)).toMatchObject({ verdict: "fail" });
  });

  it("is inconclusive where silence stands beside refusals, as what was lost on the way does", () => {
    expect(judged(port("open", ""), port("silent", "5.05"), port("closed", "5.05"))).toMatchObject({
      verdict: "inconclusive",
    });
  });

  it("is not tested where no port was asked", () => {
    expect(judged()).toMatchObject({ verdict: "not-tested" });
  });
});
