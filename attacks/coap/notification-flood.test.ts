import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { threeBeats } from "#testing/three-beats.ts";
import { notificationFlood } from "./notification-flood.ts";

const [check] = notificationFlood.checks;
if (!check) throw new Error(`${notificationFlood.id} has no check`);

const merged = { path: "lamp", registered: true, made: 20, tookMs: 480, different: 1, confirmable: 1 };
const judge = (changes: JsonObject) =>
  check.judge(
    threeBeats(notificationFlood.id, {
      attack: [{ action: "notified", phase: "noted", detail: { ...merged, ...changes } }],
    }),
  );

describe("fast-changes-are-merged", () => {
  it("passes where one notification stood for twenty changes", () => {
    expect(judge({}).verdict).toBe("pass");
  });

  it("fails where at least half of the changes were sent one by one", () => {
    expect(judge({ different: 10, confirmable: 0 })).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("was sent 10 (0 of them confirmable)"),
    });
  });

  it("is undecided where nothing came: perhaps it was never on the list", () => {
    expect(judge({ different: 0 }).verdict).toBe("inconclusive");
  });

  it("is undecided where the actuator cannot be observed", () => {
    expect(judge({ registered: false, made: 0, different: 0 }).verdict).toBe("inconclusive");
  });

  it("is not tested where no actuator is known", () => {
    expect(check.judge(threeBeats(notificationFlood.id, {})).verdict).toBe("not-tested");
  });
});
