import { describe, expect, it } from "vitest";
import type { ActorId, JsonObject } from "#contract/observation.ts";
import { historyOf } from "#testing/record.ts";
import { healthOf } from "./health.ts";

const line = (actor: ActorId, atMs: number, detail: JsonObject) =>
  ({ actor, action: "fleet.counters", phase: "noted", atMs, detail }) as const;

describe("healthOf", () => {
  it("adds fleets up by devices, not by fleets", () => {
    const history = historyOf([
      line("device:a", 1_001, { expected: 90, connected: 90, functionDue: 9, functionPerformed: 9 }),
      line("device:b", 1_009, { expected: 10, connected: 0, functionDue: 1, functionPerformed: 0 }),
    ]);
    expect(healthOf(history)).toEqual([{ atMs: 1_000, connected: 0.9, functioning: 0.9 }]);
  });

  it("takes a fleet that counted a little late from the second before, but not from long ago", () => {
    const history = historyOf([
      line("device:a", 999, { expected: 10, connected: 10 }),
      line("device:b", 1_000, { expected: 10, connected: 0 }),
      line("device:b", 2_000, { expected: 10, connected: 0 }),
      line("device:b", 8_000, { expected: 10, connected: 10 }),
    ]);
    expect(healthOf(history).map(({ connected }) => connected)).toEqual([1, 0.5, 0.5, 1]);
  });

  it("counts an idle second for neither side", () => {
    const history = historyOf([
      line("device:a", 1_000, { expected: 0, connected: 0, functionDue: 2, functionPerformed: 1 }),
      line("device:a", 2_000, { expected: 0, connected: 0, functionDue: 0, functionPerformed: 0 }),
    ]);
    expect(healthOf(history)).toEqual([
      { atMs: 1_000, connected: 1, functioning: 0.5 },
      { atMs: 2_000, connected: 1, functioning: 0.5 },
    ]);
  });

  it("never shows more than all", () => {
    const [point] = healthOf(
      historyOf([line("device:a", 1_000, { expected: 5, connected: 6, functionDue: 2, functionPerformed: 3 })]),
    );
    expect(point).toEqual({ atMs: 1_000, connected: 1, functioning: 1 });
  });

  it("listens to fleets only", () => {
    expect(healthOf(historyOf([line("load:k6", 1_000, { expected: 1, connected: 0 })]))).toEqual([]);
  });
});
