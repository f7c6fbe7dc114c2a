import { expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { borrowedName } from "./borrowed-name.ts";

const enter = (keyOf: "intruder" | "victim", phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "enter",
  phase,
  detail: { keyOf },
  ...(phase === "ok" && { found: { answer: "4.04" } }),
});
const judged = (...attack: readonly Inside[]) => borrowedName.checks[0]?.judge(threeBeats(borrowedName.id, { attack }));

it("fails where another's key was answered under the victim's name, if only by an error", () => {
  expect(judged(enter("intruder", "ok"), enter("victim", "ok"))).toMatchObject({
    verdict: "fail",
    says: "under the victim's name another device was answered with 4.04, by its own key",
  });
});

it("passes where the handshake was refused", () => {
  expect(judged(enter("intruder", "refused"), enter("victim", "unknown"))).toMatchObject({ verdict: "pass" });
});

it("takes silence for a refusal only where the victim's own key went through in the same window", () => {
  expect(judged(enter("intruder", "unknown"), enter("victim", "ok"))).toMatchObject({ verdict: "pass" });
  expect(judged(enter("intruder", "unknown"), enter("victim", "unknown"))).toMatchObject({ verdict: "inconclusive" });
});

it("is not tested where nobody entered", () => {
  expect(judged()).toMatchObject({ verdict: "not-tested" });
});
