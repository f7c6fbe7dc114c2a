import { merged, quantileOf } from "#contract/latency.ts";
import type { LoadSecond, Operation, OperationCount } from "#contract/load.ts";
import type { History } from "#contract/observation.ts";
import type { Estimate, LoadWindow } from "#contract/report.ts";
import { wilsonInterval } from "../score/wilson.ts";
import { lanesOf } from "./lanes.ts";

/** Order in which operations are shown. */
const operations: readonly Operation[] = ["connect", "resume", "publish", "deliver"];

/** A stretch of a run, milliseconds since it began. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The seconds of a load by window; those that straddle a border count as `during`. */
export type Windowed<S extends Stretch> = {
  readonly [window in Exclude<LoadWindow["window"], "alone">]: readonly S[];
};

/**
 * Sorts the seconds of a load by what was done beside it. `during` reaches from the first attack or disruption that fell
 * into one of them until the last of these had ended, quiet times between them included. A load with nothing beside it is
 * all `before`.
 */
export function windowed<S extends Stretch>(seconds: readonly S[], history: History): Windowed<S> {
  const beside = lanesOf(history).filter(
    (lane) =>
      (lane.kind === "disruption" || (lane.kind === "attack" && lane.label === "launch")) &&
      seconds.some(({ fromMs, toMs }) => fromMs < lane.toMs && toMs > lane.fromMs),
  );
  if (beside.length === 0) return { before: seconds, during: [], after: [] };
  const beginsMs = Math.min(...beside.map(({ fromMs }) => fromMs));
  const endsMs = Math.max(...beside.map(({ toMs }) => toMs));
  return {
    before: seconds.filter(({ toMs }) => toMs <= beginsMs),
    during: seconds.filter(({ fromMs, toMs }) => toMs > beginsMs && fromMs < endsMs),
    after: seconds.filter(({ fromMs, toMs }) => toMs > beginsMs && fromMs >= endsMs),
  };
}

/** What honest clients got in each window that there was. */
export function windowsOf(seconds: readonly LoadSecond[], history: History): readonly LoadWindow[] {
  const { before, during, after } = windowed(seconds, history);
  if (during.length + after.length === 0) return before.length === 0 ? [] : [windowOf("alone", before)];
  return (
    [
      ["before", before],
      ["during", during],
      ["after", after],
    ] as const
  )
    .filter(([, own]) => own.length > 0)
    .map(([window, own]) => windowOf(window, own));
}

function windowOf(window: LoadWindow["window"], seconds: readonly LoadSecond[]): LoadWindow {
  const lastedMs = seconds.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return {
    window,
    seconds: Math.round(lastedMs / 100) / 10,
    operations: operations.flatMap((operation) => {
      const counts = seconds.flatMap((second) => second.operations[operation] ?? []);
      return counts.length === 0 ? [] : [{ operation, ...estimatesOf(counts) }];
    }),
  };
}

function estimatesOf(counts: readonly OperationCount[]) {
  const ok = counts.reduce((sum, count) => sum + count.ok, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  const times = merged(counts.map(({ ms }) => ms));
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantileOf(times, q));
  return {
    ok,
    failed,
    ...(ok + failed > 0 && { availability: shareOf(ok, ok + failed) }),
    ...(p50 && { p50 }),
    ...(p95 && { p95 }),
    ...(p99 && { p99 }),
  };
}

function shareOf(ok: number, tried: number): Estimate {
  return { value: ok / tried, ...wilsonInterval(ok, tried) };
}
