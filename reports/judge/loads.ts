import type { RunRecord } from "#contract/record.ts";
import type { LoadResult } from "#contract/report.ts";
import { type LoadRun, loadRunsOf } from "./load-runs.ts";
import { windowsOf } from "./load-windows.ts";

/** How each load of a run went, skipped ones included, in the order in which they were begun. */
export function loadsOf({ history }: Pick<RunRecord, "history">): readonly LoadResult[] {
  return loadRunsOf(history).map((run) => resultOf(run, windowsOf(run.seconds, history)));
}

function resultOf(
  { actor, load, skipped, generator, counted, dashboard }: LoadRun,
  windows: LoadResult["windows"],
): LoadResult {
  return {
    actor,
    load,
    ...(skipped && { skipped: { because: skipped.because, bring: skipped.bring } }),
    windows,
    ...(generator && { generator }),
    counted,
    ...(dashboard !== undefined && { dashboard }),
  };
}
