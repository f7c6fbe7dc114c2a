import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { observationTheft } from "./observation-theft.ts";
import type { Fate } from "./parts/observation-strikes.ts";

function judge(id: string, attack: readonly Inside[]) {
  const check = observationTheft.checks.find((one) => one.id === id);
  if (!check) throw new Error(`${id} is not a check of ${observationTheft.id}`);
  return check.judge(threeBeats(observationTheft.id, { attack }));
}

const wentOn = { registered: true, done: true, notified: 2, late: 1, witnessed: 2 };
const ended = { registered: true, done: true, notified: 0, late: 0, witnessed: 2 };
const fate = (name: Fate, facts: JsonObject): Inside => ({
  action: "observation",
  phase: "noted",
  detail: { fate: name, ...facts },
});

describe.each([
  ["foreign-resets-are-ignored", "foreign reset"],
  ["message-ids-cannot-be-guessed", "guessed reset"],
] as const)("%s", (id, name) => {
  it("passes where the victim was notified as before", () => {
    expect(judge(id, [fate(name, wentOn)]).verdict).toBe("pass");
  });

  it("fails where the victim got nothing more while the witness did", () => {
    expect(judge(id, [fate(name, ended)])).toMatchObject({ verdict: "fail", says: expect.stringContaining(name) });
  });

  it("is undecided where the witness got nothing either", () => {
    expect(judge(id, [fate(name, { ...ended, witnessed: 1 })]).verdict).toBe("inconclusive");
  });

  it("is undecided where the victim was not on the list, or could not be struck", () => {
    expect(judge(id, [fate(name, { ...ended, registered: false })]).verdict).toBe("inconclusive");
    expect(judge(id, [fate(name, { ...ended, done: false })]).verdict).toBe("inconclusive");
    expect(judge(id, []).verdict).toBe("inconclusive");
  });
});

const all = (changes: { readonly [name in Fate]?: JsonObject } = {}): Inside[] => [
  fate("foreign cancellation", { ...wentOn, ...changes["foreign cancellation"] }),
  fate("foreign registration", { ...wentOn, ...changes["foreign registration"] }),
  fate("own cancellation", { ...ended, ...changes["own cancellation"] }),
  fate("own reset", { ...ended, ...changes["own reset"] }),
];

describe("observations-belong-to-their-observer", () => {
  const id = "observations-belong-to-their-observer";

  it("passes where strangers ended nothing and the observers' own words did", () => {
    expect(judge(id, all())).toMatchObject({ verdict: "pass", trials: { planned: 4, run: 4, passed: 4 } });
  });

  it.each(["foreign cancellation", "foreign registration"] as const)("fails where a %s ended it", (name) => {
    expect(judge(id, all({ [name]: ended })).verdict).toBe("fail");
  });

  it.each(["own cancellation", "own reset"] as const)("fails where an %s did not end it", (name) => {
    const answer = judge(id, all({ [name]: { notified: 3, late: 2 } }));
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringContaining("was notified 2 times more") });
  });

  it("lets somebody who has just left be told of one change more", () => {
    expect(judge(id, all({ "own reset": { notified: 1, late: 0 } })).verdict).toBe("pass");
  });

  it("is undecided where one of the four could not be done", () => {
    expect(judge(id, all().slice(1)).verdict).toBe("inconclusive");
  });
});
