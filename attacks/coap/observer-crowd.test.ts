import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { threeBeats } from "#testing/three-beats.ts";
import { observerCrowd } from "./observer-crowd.ts";

function judge(id: string, facts: JsonObject) {
  const check = observerCrowd.checks.find((one) => one.id === id);
  if (!check) throw new Error(`${id} is not a check of ${observerCrowd.id}`);
  return check.judge(threeBeats(observerCrowd.id, { attack: [{ action: "crowd", phase: "noted", detail: facts }] }));
}

describe("one-peer-cannot-fill-the-observer-list", () => {
  const id = "one-peer-cannot-fill-the-observer-list";
  const limited = {
    crowd: "one peer",
    asked: 100,
    listed: 8,
    notified: 8,
    honest: 1,
    later: { listed: true, notified: 1 },
  };

  it("passes where few of its tokens were notified, and who came later was", () => {
    expect(judge(id, limited).verdict).toBe("pass");
  });

  it("does not believe the Observe option: a hundred answers with it are fine where one is notified", () => {
    expect(judge(id, { ...limited, listed: 100, notified: 1 }).verdict).toBe("pass");
  });

  it("fails where all its tokens were notified", () => {
    expect(judge(id, { ...limited, listed: 100, notified: 100 })).toMatchObject({
      verdict: "fail",
      says: expect.stringMatching(/^no limit was met/),
    });
  });

  it("fails where it filled the list, so that who came later was not put on it", () => {
    const filled = { ...limited, listed: 60, notified: 60, later: { listed: false, notified: 0 } };
    expect(judge(id, filled)).toMatchObject({ verdict: "fail", says: expect.stringContaining("came later") });
  });

  it("is undecided where who came later is on the list and was told of nothing", () => {
    expect(judge(id, { ...limited, later: { listed: true, notified: 0 } }).verdict).toBe("inconclusive");
  });
});

describe("observers-are-limited", () => {
  const id = "observers-are-limited";
  const limited = { crowd: "many endpoints", asked: 300, listed: 150, notified: 150, honest: 1 };

  it("passes where only some were notified", () => {
    expect(judge(id, limited).verdict).toBe("pass");
  });

  it("fails where nearly all were: the others may be lost datagrams", () => {
    expect(judge(id, { ...limited, listed: 300, notified: 298 }).verdict).toBe("fail");
  });

  it("fails where the crowd was notified and the honest observer was not", () => {
    expect(judge(id, { ...limited, honest: 0 })).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("the honest observer got nothing"),
    });
  });

  it("is undecided where nobody was told of anything", () => {
    expect(judge(id, { ...limited, notified: 0, honest: 0 }).verdict).toBe("inconclusive");
  });

  it("is undecided where only the other crowd was opened", () => {
    expect(judge(id, { ...limited, crowd: "one peer" }).verdict).toBe("inconclusive");
  });
});
