import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { directoryFlood } from "./directory-flood.ts";

const [limited, paged] = directoryFlood.checks;
const judged = (check: typeof limited, ...attack: readonly Inside[]) =>
  check?.judge(threeBeats(directoryFlood.id, { attack }));

const flood = (taken: number, answer: string): Inside => ({
  action: "flood",
  phase: "ok",
  detail: { planned: 100, who: "intruder" },
  found: { taken, answer },
});

const looked = (registered: number, found: JsonObject, phase: "ok" | "unknown" = "ok"): Inside => ({
  action: "look-up",
  phase,
  detail: { registered },
  found,
});

describe("registrations-are-limited", () => {
  it("fails where all were taken", () => {
    expect(judged(limited, flood(100, "2.01"))).toMatchObject({
      verdict: "fail",
      says: "all 100 registrations of one intruder were taken",
    });
  });

  it("passes where the directory was heard to stop", () => {
    expect(judged(limited, flood(8, "5.03"))).toMatchObject({
      verdict: "pass",
      says: "the directory stopped after 8 of 100 registrations with 5.03",
    });
  });

  it("is inconclusive where it fell silent, and not tested where there is none", () => {
    expect(judged(limited, flood(8, ""))).toMatchObject({ verdict: "inconclusive" });
    expect(judged(limited)).toMatchObject({ verdict: "not-tested" });
  });
});

describe("lookups-come-in-pages", () => {
  it("fails where one request brought more than a page", () => {
    expect(judged(paged, looked(100, { answer: "2.05", entries: 100, bytes: 9_000 }))).toMatchObject({
      verdict: "fail",
      says: "one request brought a stranger 100 entries, 9000 bytes",
    });
  });

  it("passes where a stranger was refused, or got a page of many", () => {
    expect(judged(paged, looked(3, { answer: "4.01", entries: 0, bytes: 0 }))).toMatchObject({ verdict: "pass" });
    expect(judged(paged, looked(100, { answer: "2.05", entries: 10, bytes: 900 }))).toMatchObject({
      verdict: "pass",
      says: "of 100 endpoints one request brought 10",
    });
  });

  it("is inconclusive where there were too few to fill a page, or no answer came", () => {
    expect(judged(paged, looked(8, { answer: "2.05", entries: 8, bytes: 700 }))).toMatchObject({
      verdict: "inconclusive",
    });
    expect(judged(paged, looked(100, {}, "unknown"))).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not tested where nobody looked", () => {
    expect(judged(paged)).toMatchObject({ verdict: "not-tested" });
  });
});
