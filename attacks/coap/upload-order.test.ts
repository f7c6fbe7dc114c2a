import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { uploadSequences } from "./parts/upload-sequences.ts";
import { uploadOrder } from "./upload-order.ts";

const [sequences, high] = uploadOrder.checks;
if (!sequences || !high) throw new Error(`${uploadOrder.id} lacks a check`);

const launched = (...attack: readonly Inside[]) => threeBeats(uploadOrder.id, { attack });
const tried = (phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "sequence",
  phase,
  detail: { id: "gap", what: "the second block left out" },
  found: { answers: ["2.31", "2.04"], stored: "mixed" },
});
const begun = (phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "high",
  phase,
  detail: { number: 70_000, more: true },
  found: { answer: phase === "ok" ? "2.31" : "4.08" },
});
const nine = uploadSequences.map(() => tried("refused"));
const three = [begun("refused"), begun("refused"), begun("refused")];

describe("uploads-are-put-together-right", () => {
  it("passes when each was stored as it was sent, or not at all", () => {
    expect(sequences.judge(launched(...nine)).verdict).toBe("pass");
  });

  it("fails when something was stored that nobody had sent, and says how it came in", () => {
    const answer = sequences.judge(launched(...nine.slice(1), tried("ok")));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("the second block left out");
  });

  it("does not decide when a block got no answer, or not all was tried", () => {
    expect(sequences.judge(launched(...nine.slice(1), tried("unknown"))).verdict).toBe("inconclusive");
    expect(sequences.judge(launched(tried("refused"))).verdict).toBe("inconclusive");
  });
});

describe("high-first-blocks-are-refused", () => {
  it("passes when each was refused", () => {
    expect(high.judge(launched(...three)).verdict).toBe("pass");
  });

  it("fails when the server went on with one, and names it", () => {
    const answer = high.judge(launched(...three.slice(1), begun("ok")));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("block 70000 (answered 2.31)");
  });

  it("does not decide when one got no answer", () => {
    expect(high.judge(launched(...three.slice(1), begun("unknown"))).verdict).toBe("inconclusive");
  });
});

it.each([sequences, high])("$id does not apply where nothing takes a body", (check) => {
  expect(check.judge(launched({ action: "no-upload", phase: "noted" })).verdict).toBe("not-applicable");
});

describe("the sequences", () => {
  it("store nothing but what somebody sends as a whole", () => {
    for (const { blocks, bodies } of uploadSequences) {
      for (const body of bodies) expect(body).toBe(wholeOf(blocks));
    }
  });
});

/** The body by the last block that was sent for each place. */
function wholeOf(blocks: readonly { readonly number: number; readonly payload: Uint8Array | string }[]): string {
  const byNumber = new Map(blocks.map(({ number, payload }) => [number, String(payload)]));
  return [...byNumber]
    .toSorted(([one], [other]) => one - other)
    .map(([, payload]) => payload)
    .join("");
}
