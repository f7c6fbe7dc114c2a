import { expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { clientIdTakeover } from "./client-id-takeover.ts";

const judge = (record: RunRecord) => clientIdTakeover.checks[0]?.judge(record);
const takeOver = (clean: boolean, phase: "ok" | "refused" | "unknown") =>
  ({ action: "take-over", phase, detail: { clean } }) as const;
const victim = (clean: boolean, alive: boolean, ended = "") =>
  ({ action: "victim", phase: "noted", detail: { clean, alive, ended } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) =>
  threeBeats(clientIdTakeover.id, { attack, ended });
const controlFailed = { control: "unknown", attack: "absent", recovery: "absent" } as const;

const refused = [takeOver(true, "refused"), victim(true, true), takeOver(false, "refused"), victim(false, true)];

it("passes where the intruder was refused and the victim still answers", () => {
  expect(judge(record(refused))).toMatchObject({ verdict: "pass", says: expect.stringContaining("was refused") });
});

it("passes where the intruder was admitted under another id and the victim still answers", () => {
  const admitted = [takeOver(true, "ok"), victim(true, true), takeOver(false, "ok"), victim(false, true)];
  expect(judge(record(admitted))).toMatchObject({
    verdict: "pass",
    says: expect.stringContaining("not under the victim's"),
  });
});

it.each(["fin by them", "reset by them"])("fails where the victim's connection ended with a %s", (ended) => {
  const lost = [...refused.slice(0, 2), takeOver(false, "ok"), victim(false, false, ended)];
  expect(judge(record(lost))).toMatchObject({ verdict: "fail", trials: { planned: 2, run: 2, passed: 1 } });
});

it("counts an attempt without an answer neither for nor against the broker, whatever befell the victim", () => {
  const unsure = [takeOver(true, "unknown"), victim(true, false, "reset by them"), ...refused.slice(2)];
  expect(judge(record(unsure))?.verdict).toBe("inconclusive");
});

it("is undecided where the victim stayed connected but no longer answered", () => {
  expect(judge(record([takeOver(true, "refused"), victim(true, false), ...refused.slice(2)]))?.verdict).toBe(
    "inconclusive",
  );
});

it("is undecided where only one of both ways was tried", () => {
  expect(judge(record(refused.slice(0, 2)))?.verdict).toBe("inconclusive");
});

it("is undecided where the control failed", () => {
  expect(judge(record(refused, controlFailed))?.verdict).toBe("inconclusive");
});

it("is not tested where nobody attacked", () => {
  expect(judge(recordOf([]))?.verdict).toBe("not-tested");
});
