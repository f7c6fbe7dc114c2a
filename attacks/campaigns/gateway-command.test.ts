import { expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { gatewayCommand } from "./gateway-command.ts";

const judgeAt = (at: number) => (record: RunRecord) => gatewayCommand.checks[at]?.judge(record);
const right = judgeAt(0);
const place = judgeAt(1);
const inject = (aim: "command" | "path", phase: "ok" | "refused" | "unknown") =>
  ({ action: "inject", phase, detail: { aim } }) as const;
const foreign = (aim: "command" | "path", arrived: boolean) =>
  ({ action: "written", phase: "noted", detail: { by: "intruder", aim, arrived } }) as const;
const own = (arrived: boolean) => ({ action: "written", phase: "noted", detail: { by: "operator", arrived } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) => threeBeats(gatewayCommand.id, { attack, ended });

const injected = [inject("command", "ok"), inject("path", "ok")];

it("passes both where only the operator's command arrived, acknowledged by the broker or not", () => {
  const kept = [own(true), foreign("command", false), foreign("path", false)];
  for (const tries of [injected, [inject("command", "refused"), inject("path", "refused")]]) {
    expect(right(record([...tries, ...kept]))?.verdict).toBe("pass");
    expect(place(record([...tries, ...kept]))).toMatchObject({ verdict: "pass", measure: { survived: 1, lost: 0 } });
  }
});

it("tells a command that nobody rightful sent from one that went where no command belongs", () => {
  const commanded = record([...injected, own(true), foreign("command", true), foreign("path", false)]);
  expect([right(commanded)?.verdict, place(commanded)?.verdict]).toEqual(["fail", "pass"]);
  const wandered = record([...injected, own(true), foreign("command", false), foreign("path", true)]);
  expect([right(wandered)?.verdict, place(wandered)?.verdict]).toEqual(["pass", "fail"]);
});

it("is undecided where the operator's command did not come through either", () => {
  const silent = record([...injected, own(false), foreign("command", false), foreign("path", false)]);
  expect([right(silent)?.verdict, place(silent)?.verdict]).toEqual(["inconclusive", "inconclusive"]);
});

it("is undecided where the broker perhaps never read the command, or none was injected", () => {
  const kept = [own(true), foreign("command", false), foreign("path", false)];
  expect(right(record([inject("command", "unknown"), inject("path", "ok"), ...kept]))?.verdict).toBe("inconclusive");
  expect(place(record([own(true)]))?.verdict).toBe("inconclusive");
});

it("is undecided where no gateway is there, so that the control failed", () => {
  const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
  expect(right(record([], ended))?.verdict).toBe("inconclusive");
});

it("is not tested where nobody attacked", () => {
  expect(place(recordOf([]))?.verdict).toBe("not-tested");
});
