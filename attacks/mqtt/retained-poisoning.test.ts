import { expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { retainedPoisoning } from "./retained-poisoning.ts";

const judge = (record: RunRecord) => retainedPoisoning.checks[0]?.judge(record);
const poison = (deed: string, phase: "ok" | "refused" | "unknown") =>
  ({ action: "poison", phase, detail: { deed } }) as const;
const read = (deed: string, found: string, phase: "ok" | "unknown" = "ok") =>
  ({ action: "read", phase, detail: { deed }, found: { deed, found } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) =>
  threeBeats(retainedPoisoning.id, { attack, ended });
const controlFailed = { control: "unknown", attack: "absent", recovery: "absent" } as const;

const kept = [
  poison("replace", "refused"),
  read("replace", "the operator's"),
  poison("delete", "refused"),
  read("delete", "the operator's"),
];

it("passes where the operator's value was read after both deeds, acknowledged or not", () => {
  expect(judge(record(kept))).toMatchObject({ verdict: "pass", trials: { run: 2, passed: 2 } });
  const acknowledged = kept.map((one) => (one.action === "poison" ? poison(one.detail.deed, "ok") : one));
  expect(judge(record(acknowledged))?.verdict).toBe("pass");
});

it("fails where another value was read", () => {
  const spoilt = [poison("replace", "ok"), read("replace", "another"), ...kept.slice(2)];
  expect(judge(record(spoilt))).toMatchObject({
    verdict: "fail",
    says: expect.stringContaining("device replaced the"),
  });
});

it("fails where the value was gone", () => {
  const gone = [...kept.slice(0, 2), poison("delete", "ok"), read("delete", "nothing")];
  expect(judge(record(gone))).toMatchObject({ verdict: "fail", says: expect.stringContaining("device deleted the") });
});

it("is undecided where what is stored could not be read", () => {
  expect(judge(record([...kept.slice(0, 3), read("delete", "nothing", "unknown")]))?.verdict).toBe("inconclusive");
});

it("is undecided where the broker perhaps never read a deed", () => {
  expect(judge(record([poison("replace", "unknown"), ...kept.slice(1)]))?.verdict).toBe("inconclusive");
});

it("is undecided where the control failed", () => {
  expect(judge(record(kept, controlFailed))?.verdict).toBe("inconclusive");
});

it("is not tested where nobody attacked", () => {
  expect(judge(recordOf([]))?.verdict).toBe("not-tested");
});
