import { expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { endpointName } from "./endpoint-name.ts";

const judge = (record: RunRecord) => endpointName.checks[0]?.judge(record);
const register = (kind: "foreign" | "plain", phase: "ok" | "refused" | "unknown") =>
  ({ action: "register", phase, detail: { name: "x", kind } }) as const;
const foreign = (delivered: boolean) =>
  ({
    action: "delivery",
    phase: "noted",
    detail: { by: "intruder", delivered, topic: "devices/gw/field/victim/state" },
  }) as const;
const plain = (delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { by: "a plain name", delivered } }) as const;
const reading = (delivered: boolean) =>
  ({ action: "crossed", phase: "noted", detail: { device: "victim", delivered } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) => threeBeats(endpointName.id, { attack, ended });

const taken = [register("foreign", "ok"), register("foreign", "ok"), register("plain", "ok")];
const refused = [register("foreign", "refused"), register("foreign", "refused")];
const quiet = [foreign(false), foreign(false)];

it("passes where the gateway passed on a plain name and a reading, and nothing of the foreign names", () => {
  expect(judge(record([...taken, plain(true), reading(true), ...quiet]))).toMatchObject({
    verdict: "pass",
    trials: { run: 2, passed: 2 },
  });
});

it("passes where the directory refused the names, as long as a reading still crosses", () => {
  const answer = judge(record([...refused, register("plain", "refused"), reading(true), ...quiet]));
  expect(answer).toMatchObject({ verdict: "pass", says: expect.stringContaining("the directory refused them") });
});

it("fails where one foreign name spoke on a topic of the victim, whatever else came through", () => {
  expect(judge(record([...taken, plain(true), foreign(true), foreign(false)]))).toMatchObject({
    verdict: "fail",
    says: expect.stringContaining("devices/gw/field/victim/state"),
    trials: { passed: 1 },
  });
});

it("is undecided where neither plain name nor reading shows that the gateway passed anything on", () => {
  expect(judge(record([...taken, plain(false), reading(true), ...quiet]))?.verdict).toBe("inconclusive");
  expect(judge(record([...taken, plain(true), reading(false), ...quiet]))?.verdict).toBe("inconclusive");
  expect(judge(record([...refused, reading(false), ...quiet]))?.verdict).toBe("inconclusive");
});

it("is undecided where a registration got no answer, or none was tried", () => {
  const unheard = [register("foreign", "unknown"), register("foreign", "ok"), register("plain", "ok")];
  expect(judge(record([...unheard, plain(true), reading(true), ...quiet]))?.verdict).toBe("inconclusive");
  expect(judge(record([reading(true)]))?.verdict).toBe("inconclusive");
});

it("is undecided where no gateway is there, so that the control failed", () => {
  const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
  expect(judge(record([], ended))?.verdict).toBe("inconclusive");
});

it("is not tested where nobody attacked", () => {
  expect(judge(recordOf([]))?.verdict).toBe("not-tested");
});
