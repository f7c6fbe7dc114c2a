import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { halfOpen } from "./half-open.ts";

const id = "mqtt.half-open";
const dropped = checkOf("incomplete-connects-are-dropped");
const honest = checkOf("honest-clients-connect-beside-half-open");

function checkOf(name: string) {
  const check = halfOpen.checks.find((one) => one.id === name);
  if (!check) throw new Error(`${name} is not a check of ${id}`);
  return check;
}

const closed = (kind: string, opened: number, lastDropMs: number): Inside => ({
  action: "keep-open",
  phase: "refused",
  code: "closed",
  detail: { kind },
  found: { kind, opened, dropped: opened, kept: 0, dropWithinMs: 10_000, firstDropMs: lastDropMs, lastDropMs },
});
const kept = (kind: string, opened: number): Inside => ({
  action: "keep-open",
  phase: "ok",
  detail: { kind },
  found: { kind, opened, dropped: 0, kept: opened, dropWithinMs: 10_000 },
});
const tries = (many: number, phase: "ok" | "refused"): Inside[] =>
  Array.from({ length: many }, () => ({ action: "honest.connect", phase }));
const launched = (attack: readonly Inside[]): RunRecord => threeBeats(id, { attack });

describe("incomplete-connects-are-dropped", () => {
  it("passes when all of every kind were closed, and says when", () => {
    const attack = [closed("dripped", 10, 5_040), closed("half-sent", 10, 5_010), closed("silent", 180, 5_030)];
    const answer = dropped.judge(launched(attack));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("all 180 silent connections were closed, the last after 5.0 s");
  });

  it("fails when one kind outlived the deadline: bytes that drip in must not put it off", () => {
    const attack = [kept("dripped", 10), closed("half-sent", 10, 5_010), closed("silent", 180, 5_030)];
    const answer = dropped.judge(launched(attack));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toMatch(/^10 of 10 dripped connections were still open after 10 s; all 10 half-sent/);
  });

  it("does not decide when one kind could not be opened", () => {
    const attack = [
      { ...kept("dripped", 0), phase: "unknown" as const },
      closed("half-sent", 10, 1),
      closed("silent", 180, 1),
    ];
    expect(dropped.judge(launched(attack)).verdict).toBe("inconclusive");
  });

  it("does not decide when one kind is missing", () => {
    expect(dropped.judge(launched([closed("half-sent", 10, 1), closed("silent", 180, 1)])).verdict).toBe(
      "inconclusive",
    );
  });
});

describe("honest-clients-connect-beside-half-open", () => {
  const held: Inside = { action: "half-open.held", phase: "noted", detail: { asked: 200, held: 200 } };

  it("passes when all eleven were served, and says beside how many", () => {
    const answer = honest.judge(launched([held, ...tries(11, "ok")]));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("200 of 200 incomplete connections were held");
  });

  it("fails when honest clients were refused", () => {
    expect(honest.judge(launched([held, ...tries(3, "ok"), ...tries(8, "refused")])).verdict).toBe("fail");
  });
});

describe.each([dropped, honest])("$id", (check) => {
  it("is not tested where nobody held connections open", () => {
    expect(check.judge(threeBeats("mqtt.other", {})).verdict).toBe("not-tested");
  });

  it("does not decide where the control failed", () => {
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(id, { ended })).verdict).toBe("inconclusive");
  });
});
