import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { discovery } from "./discovery.ts";

const [quiet] = discovery.checks;
const listed = (links: number, told: readonly string[], query = ""): Inside => ({
  action: "list",
  phase: "ok",
  detail: { query },
  found: { answer: "2.05", links, private: told },
});
const silent: Inside = { action: "list", phase: "unknown", detail: { query: "" } };
const judged = (...attack: readonly Inside[]) => quiet?.judge(threeBeats(discovery.id, { attack }));

describe("links-tell-strangers-nothing-private", () => {
  it("fails where one of the lists names something private, and names it once", () => {
    expect(judged(listed(3, []), listed(3, ["config", "0/0"]), listed(1, ["config"], "?rt=*"))).toMatchObject({
      verdict: "fail",
      says: "/.well-known/core tells strangers of /0/0, /config",
      evidence: [6, 8],
    });
  });

  it("passes where no list names anything private, or none was given", () => {
    const refused: Inside = { ...listed(0, []), found: { answer: "4.01", links: 0, private: [] } };
    expect(judged(listed(5, []), refused)).toMatchObject({
      verdict: "pass",
      says: "of at most 5 links that a stranger was told, none leads to what is private",
    });
  });

  it("is inconclusive where one request got no answer", () => {
    expect(judged(listed(5, []), silent)).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not tested where nobody asked", () => {
    expect(judged()).toMatchObject({ verdict: "not-tested" });
  });
});
