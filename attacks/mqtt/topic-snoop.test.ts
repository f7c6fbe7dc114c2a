import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { topicSnoop } from "./topic-snoop.ts";

const [neighbours, systemTopics] = topicSnoop.checks;
const neighboursIn = (record: RunRecord) => neighbours?.judge(record);
const systemIn = (record: RunRecord) => systemTopics?.judge(record);

const subscribe = (filter: string, phase: "ok" | "refused" | "unknown" = "ok", aimed = true) =>
  ({ action: "subscribe", phase, detail: { filter, aimed } }) as const;
const toIntruder = (by: string, delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { to: "intruder", by, delivered } }) as const;
const toOperator = (delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { to: "operator", delivered } }) as const;
const system = (found: { versions?: string[]; clientIds?: string[]; addresses?: string[]; messages?: number } = {}) =>
  ({
    action: "system-topics",
    phase: "noted",
    detail: { messages: 0, versions: [], clientIds: [], addresses: [], ...found },
  }) as const;

const listened = [
  subscribe("devices/intruder/telemetry", "ok", false),
  subscribe("#"),
  subscribe("devices/+/telemetry"),
  subscribe("/#", "ok", false),
  subscribe("$SYS/#", "ok", false),
];
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) => threeBeats(topicSnoop.id, { attack, ended });
const controlFailed = { control: "unknown", attack: "absent", recovery: "absent" } as const;
const silent = [toIntruder("all filters", false), toIntruder("its own topic", true), toOperator(true)];

describe("neighbours-are-not-readable", () => {
  it("passes where the operator heard the canary and the intruder only its own", () => {
    expect(neighboursIn(record([...listened, ...silent]))).toMatchObject({
      verdict: "pass",
      measure: { kind: "graded", total: 2, survived: 2, lost: 0 },
    });
  });

  it("passes whatever SUBACK said, also where the filters were denied", () => {
    const denied = listened.map((one, n) => (n === 0 ? one : { ...one, phase: "refused" as const }));
    expect(neighboursIn(record([...denied, ...silent]))?.verdict).toBe("pass");
  });

  it("fails where the canary arrived, and counts the filters by which it came", () => {
    const heard = [toIntruder("all filters", true), toIntruder("its own topic", true), toOperator(true)];
    const alone = [
      subscribe("#"),
      toIntruder("#", true),
      subscribe("devices/+/telemetry"),
      toIntruder("devices/+/telemetry", false),
    ];
    expect(neighboursIn(record([...listened, ...heard, ...alone]))).toMatchObject({
      verdict: "fail",
      says: "another device read the victim's telemetry by #",
      measure: { kind: "graded", total: 2, survived: 1, lost: 1 },
    });
  });

  it("fails even where the launch was cut off afterwards", () => {
    const heard = [...listened, toIntruder("all filters", true)];
    expect(neighboursIn(record(heard, { attack: "unknown" }))?.verdict).toBe("fail");
  });

  it("is undecided where the operator did not hear the canary either", () => {
    const deaf = [toIntruder("all filters", false), toIntruder("its own topic", true), toOperator(false)];
    expect(neighboursIn(record([...listened, ...deaf]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the intruder heard nothing at all", () => {
    const deaf = [toIntruder("all filters", false), toIntruder("its own topic", false), toOperator(true)];
    expect(neighboursIn(record([...listened, ...deaf]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where a subscription got no answer", () => {
    expect(neighboursIn(record([...listened, subscribe("+/#", "unknown"), ...silent]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where no filter matches the victim's telemetry", () => {
    expect(neighboursIn(record([subscribe("x/#", "ok", false), ...silent]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed", () => {
    expect(neighboursIn(record([], controlFailed))?.verdict).toBe("inconclusive");
  });

  it("is not tested where nobody attacked", () => {
    expect(neighboursIn(recordOf([]))?.verdict).toBe("not-tested");
  });
});

describe("system-topics-reveal-nothing", () => {
  it("passes where nothing came", () => {
    expect(systemIn(record([...silent, system()]))).toMatchObject({ verdict: "pass", measure: { survived: 2 } });
  });

  it("passes where only counters came", () => {
    expect(systemIn(record([...silent, system({ messages: 40 })]))).toMatchObject({
      verdict: "pass",
      says: "40 messages on $SYS held nothing but counters",
    });
  });

  it.each([
    [{ versions: ["$SYS/broker/version"] }, "the exact version of the broker ($SYS/broker/version)"],
    [{ clientIds: ["victim"] }, "client ids of others (victim)"],
    [{ addresses: ["10.0.0.7"] }, "addresses (10.0.0.7)"],
  ])("fails on %j", (found, says) => {
    expect(systemIn(record([...silent, system(found)]))).toMatchObject({
      verdict: "fail",
      says: `a device read on $SYS: ${says}`,
      measure: { total: 2, survived: 1, lost: 1 },
    });
  });

  it("is undecided where the intruder heard nothing, not even its own", () => {
    expect(systemIn(record([toIntruder("its own topic", false), system()]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where nobody listened", () => {
    expect(systemIn(record([]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed", () => {
    expect(systemIn(record([], controlFailed))?.verdict).toBe("inconclusive");
  });

  it("is not tested where nobody attacked", () => {
    expect(systemIn(recordOf([]))?.verdict).toBe("not-tested");
  });
});
