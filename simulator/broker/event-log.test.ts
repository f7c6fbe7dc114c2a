import { expect, it, vi } from "vitest";
import type { Observation } from "#contract/observation.ts";
import { benchOf } from "#testing/bench.ts";
import { eventLog } from "./event-log.ts";

it("writes one note a second for each kind of event, and names only so many reasons and sources", () => {
  vi.useFakeTimers();
  const history: Observation[] = [];
  const log = eventLog(benchOf(history).observe);
  for (let n = 0; n < 5_000; n += 1) log.tell("malformed", `rule-${n}`, `source-${n}`, { n });
  log.tell("takeover", "other-account", "127.0.0.1");
  vi.advanceTimersByTime(3_000);
  log[Symbol.dispose]();
  vi.useRealTimers();
  expect(history.map(({ action }) => action)).toEqual(["broker.malformed", "broker.takeover"]);
  const sources = Array.from({ length: 8 }, (_, n) => `source-${n}`);
  const by = { ...Object.fromEntries(sources.map((_, n) => [`rule-${n}`, 1])), other: 4_992 };
  expect(history[0]?.detail).toEqual({ count: 5_000, by, sources, example: { n: 0 } });
});

it("writes what is left when it ends", () => {
  const history: Observation[] = [];
  const log = eventLog(benchOf(history).observe);
  log.tell("lockout", "too-many-wrong-secrets", "127.0.0.2");
  log[Symbol.dispose]();
  expect(history).toHaveLength(1);
});
