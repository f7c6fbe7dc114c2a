import { describe, expect, it } from "vitest";
import type { ActorId } from "#contract/observation.ts";
import { historyOf, type Line } from "#testing/record.ts";
import { recoveriesOf } from "./recovery.ts";

const actor: ActorId = "disruption:link-cut";

function cut(watchMs: number, severs = true): Line[] {
  return [
    { actor, action: "impose", phase: "attempt", detail: { severs }, atMs: 500 },
    { actor, action: "impose", phase: "ok", attempt: 0, atMs: 510 },
    { actor, action: "imposed", phase: "noted", atMs: 511 },
    { actor, action: "lift", phase: "attempt", atMs: 990 },
    { actor, action: "lift", phase: "ok", attempt: 3, atMs: 1_000 },
    { actor, action: "watched", phase: "noted", detail: { watchMs }, atMs: 1_000 + watchMs },
  ];
}

function second(
  atMs: number,
  connected: number,
  connectsByTenth: readonly number[],
  attemptsByTenth = connectsByTenth,
  fleet: ActorId = "device:a",
): Line {
  return {
    actor: fleet,
    action: "fleet.counters",
    phase: "noted",
    atMs,
    detail: { expected: 100, connected, intervalMs: 1_000, connectsByTenth, attemptsByTenth },
  };
}

const none = Array.from({ length: 10 }, () => 0);

describe("recoveriesOf", () => {
  it("dates the return to the tenth of a second in which it happened", () => {
    const history = historyOf([
      ...cut(3_000),
      second(1_000, 0, none),
      second(2_000, 60, [0, 0, 50, 0, 0, 0, 0, 0, 0, 10]),
      second(3_000, 100, [30, 0, 0, 0, 8, 0, 0, 0, 0, 2]),
    ]);
    const [recovery] = recoveriesOf(history);
    expect(recovery).toMatchObject({
      title: "Link cut",
      liftedAtMs: 1_000,
      devices: 100,
      t50Ms: 300,
      t90Ms: 1_100,
      t99Ms: 2_000,
      watchedMs: 3_000,
    });
    expect(recovery?.peakTenth).toBe(0.5);
    expect(recovery?.curve).toEqual([
      { atMs: 0, back: 0 },
      { atMs: 300, back: 0.5 },
      { atMs: 1_000, back: 0.6 },
      { atMs: 1_100, back: 0.9 },
      { atMs: 1_500, back: 0.98 },
      { atMs: 2_000, back: 1 },
    ]);
  });

  it("says nothing about a share that was not back within the watch, instead of dropping the recovery", () => {
    const history = historyOf([
      ...cut(1_000),
      second(2_000, 60, [60, ...none.slice(1)]),
      second(3_000, 100, [40, ...none.slice(1)]),
    ]);
    const [recovery] = recoveriesOf(history);
    expect(recovery).toMatchObject({ t50Ms: 100, watchedMs: 1_000 });
    expect(recovery).not.toHaveProperty("t90Ms");
    expect(recovery).not.toHaveProperty("t99Ms");
  });

  it("adds fleets up, even where they count at different moments", () => {
    const history = historyOf([
      ...cut(2_000),
      second(2_000, 100, [100, ...none.slice(1)]),
      second(2_300, 100, [0, 0, 0, 0, 0, 0, 0, 100, 0, 0], none, "device:b"),
      second(3_000, 100, none),
      second(3_300, 100, none, none, "device:b"),
    ]);
    expect(recoveriesOf(history)[0]).toMatchObject({ devices: 200, t50Ms: 100, t90Ms: 1_100 });
  });

  it("counts attempts before the lift for no storm", () => {
    const history = historyOf([
      ...cut(1_000),
      second(1_000, 0, none, [0, 0, 0, 0, 0, 100, 0, 0, 0, 0]),
      second(2_000, 100, [5, 95, ...none.slice(2)]),
    ]);
    expect(recoveriesOf(history)[0]?.peakTenth).toBe(0.95);
  });

  it("watches up to the end of a history that was cut off", () => {
    const history = historyOf([...cut(9_000).slice(0, 5), second(2_000, 40, [40, ...none.slice(1)])]);
    expect(recoveriesOf(history)[0]).toMatchObject({ watchedMs: 1_000 });
  });

  it.each<[string, readonly Line[]]>([
    ["a disruption that cuts no connection", [...cut(1_000, false), second(2_000, 100, none)]],
    ["one that was never lifted", [...cut(1_000).slice(0, 3), second(2_000, 0, none)]],
    ["one that no fleet lived through", cut(1_000)],
  ])("leaves out %s", (_, lines) => {
    expect(recoveriesOf(historyOf(lines))).toEqual([]);
  });

  it("numbers a disruption that came again", () => {
    const again = cut(1_000).map((line): Line => Object.assign({}, line, { actor: "disruption:link-cut#2" }));
    expect(recoveriesOf(historyOf([...again, second(2_000, 90, none)]))[0]?.title).toBe("Link cut (2)");
  });

  it("says nothing of an outage that no device noticed: from that nobody came back", () => {
    expect(recoveriesOf(historyOf([...cut(3_000), second(2_000, 100, none), second(3_000, 100, none)]))).toEqual([]);
  });
});
