import { expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { commandInjection } from "./command-injection.ts";

const judge = (record: RunRecord) => commandInjection.checks[0]?.judge(record);
const inject = (qos: number, phase: "ok" | "refused" | "unknown") =>
  ({ action: "inject", phase, detail: { qos } }) as const;
const foreign = (qos: number, delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { by: "intruder", qos, delivered } }) as const;
const own = (delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { by: "operator", delivered } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) =>
  threeBeats(commandInjection.id, { attack, ended });
const controlFailed = { control: "unknown", attack: "absent", recovery: "absent" } as const;

const acknowledged = [inject(0, "ok"), inject(1, "ok")];
const kept = [foreign(0, false), foreign(1, false), own(true)];

it("passes where only the operator's command reached the victim, acknowledged or not", () => {
  expect(judge(record([...acknowledged, ...kept]))).toMatchObject({ verdict: "pass", trials: { run: 2, passed: 2 } });
  expect(judge(record([inject(0, "refused"), inject(1, "refused"), ...kept]))?.verdict).toBe("pass");
});

it("fails where one foreign command got through", () => {
  expect(judge(record([...acknowledged, foreign(0, false), foreign(1, true), own(true)]))).toMatchObject({
    verdict: "fail",
    says: "the victim received 1 of 2 commands of another device (QoS 1)",
  });
});

it("is undecided where the victim did not hear the operator either", () => {
  expect(judge(record([...acknowledged, foreign(0, false), foreign(1, false), own(false)]))?.verdict).toBe(
    "inconclusive",
  );
});

it("is undecided where the broker perhaps never read a command", () => {
  expect(judge(record([inject(0, "ok"), inject(1, "unknown"), ...kept]))?.verdict).toBe("inconclusive");
});

it("is undecided where nothing was injected", () => {
  expect(judge(record([own(true)]))?.verdict).toBe("inconclusive");
});

it("is undecided where the control failed", () => {
  expect(judge(record([...acknowledged, ...kept], controlFailed))?.verdict).toBe("inconclusive");
});

it("is undecided where the launch was cut off, or the victim was not served afterwards", () => {
  expect(judge(record([...acknowledged, ...kept], { attack: "unknown" }))?.verdict).toBe("inconclusive");
  expect(judge(record([...acknowledged, ...kept], { recovery: "unknown" }))?.verdict).toBe("inconclusive");
});

it("is not tested where nobody attacked", () => {
  expect(judge(recordOf([]))?.verdict).toBe("not-tested");
});
