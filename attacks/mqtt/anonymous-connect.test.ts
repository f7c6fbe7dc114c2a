import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { anonymousConnect } from "./anonymous-connect.ts";

const [strangers, unknownIdentities] = anonymousConnect.checks;
const strangersIn = (record: RunRecord) => strangers?.judge(record);
const unknownIn = (record: RunRecord) => unknownIdentities?.judge(record);

const enter = (variant: string, phase: "ok" | "refused" | "unknown") =>
  ({ action: "enter", phase, detail: { variant, level: 4 } }) as const;
const delivery = (variant: string, goal: string, delivered: boolean) =>
  ({ action: "delivery", phase: "noted", detail: { variant, goal, delivered } }) as const;
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const record = (attack: readonly Inside[] = [], ended: Ended = {}) =>
  threeBeats(anonymousConnect.id, { attack, ended });
const controlFailed = { control: "unknown", attack: "absent", recovery: "absent" } as const;

const allRefused = [enter("no credentials", "refused"), enter("invented credentials", "refused")];

describe("strangers-are-refused", () => {
  it("passes where every stranger was heard to be refused", () => {
    expect(strangersIn(record(allRefused))).toMatchObject({ verdict: "pass", trials: { planned: 2, passed: 2 } });
  });

  it.each(["random topic", "own device topic", "victim's telemetry"])(
    "fails where a canary came by way of %s",
    (goal) => {
      const seen = record([
        enter("no credentials", "ok"),
        delivery("no credentials", goal, true),
        ...allRefused.slice(1),
      ]);
      expect(strangersIn(seen)).toMatchObject({ verdict: "fail", says: expect.stringContaining(goal) });
    },
  );

  it("rests its no on the admission and on the delivery", () => {
    const seen = record([enter("no credentials", "ok"), delivery("no credentials", "random topic", true)]);
    const told = strangersIn(seen)?.evidence.map((seq) => seen.history[seq]?.action);
    expect(told).toEqual(["enter", "delivery"]);
  });

  it("leaves admission without rights undecided", () => {
    const seen = record([enter("no credentials", "ok"), delivery("no credentials", "random topic", false)]);
    expect(strangersIn(seen)).toMatchObject({ verdict: "inconclusive" });
  });

  it("counts a stranger without an answer neither for nor against the broker", () => {
    expect(strangersIn(record([...allRefused, enter("empty client id", "unknown")]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed", () => {
    expect(strangersIn(record(allRefused, controlFailed))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the broker served nobody afterwards", () => {
    expect(strangersIn(record(allRefused, { recovery: "unknown" }))?.verdict).toBe("inconclusive");
  });

  it("is not tested where nobody attacked", () => {
    expect(strangersIn(recordOf([]))?.verdict).toBe("not-tested");
  });
});

describe("unknown-identities-are-refused", () => {
  it("passes where invented and missing identities were refused", () => {
    expect(unknownIn(record(allRefused))?.verdict).toBe("pass");
  });

  it("fails where invented credentials were admitted, whatever they may do", () => {
    expect(unknownIn(record([enter("invented credentials", "ok")]))?.verdict).toBe("fail");
  });

  it("fails where a nameless stranger was served as a device, though invented credentials were refused", () => {
    const served = delivery("no credentials", "own device topic", true);
    expect(unknownIn(record([enter("no credentials", "ok"), served, ...allRefused.slice(1)]))?.verdict).toBe("fail");
  });

  it("is undecided where a stranger was admitted but not served", () => {
    const idle = delivery("no credentials", "own device topic", false);
    expect(unknownIn(record([enter("no credentials", "ok"), idle, ...allRefused.slice(1)]))?.verdict).toBe(
      "inconclusive",
    );
  });

  it("is undecided where invented credentials got no answer", () => {
    expect(unknownIn(record([enter("invented credentials", "unknown")]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed", () => {
    expect(unknownIn(record([], controlFailed))?.verdict).toBe("inconclusive");
  });

  it("is not tested where nobody attacked", () => {
    expect(unknownIn(recordOf([]))?.verdict).toBe("not-tested");
  });
});
