import type { Bench } from "#contract/bench.ts";
import type { Disruption } from "#contract/disruption.ts";
import { LabError } from "#contract/errors.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { PlannedDisruption } from "#contract/scenario.ts";
import type { Capabilities, Capability, Having } from "#contract/target.ts";

/**
 * Imposes a disruption, lifts it after its time or when `bench.signal` aborts, and watches what comes back.
 * Resolves when it is lifted; `watched` resolves when the watch is over.
 * @param isBack resolves once every device is connected again (true), or when the given time has passed (false).
 * @param untilEnd aborts when the run ends, which also ends the watch.
 */
export async function runDisruption(
  { disruption, parameters, ifAble }: PlannedDisruption,
  bench: Bench,
  can: Capabilities,
  isBack: (withinMs: number) => Promise<boolean>,
  untilEnd: AbortSignal,
): Promise<{ readonly watched: Promise<void> }> {
  const lacking = disruption.needs.filter((capability) => can[capability] === undefined);
  if (lacking.length > 0 && ifAble) {
    bench.observe.note("skipped", { because: `the target offers no ${lacking.join(", ")}` });
    return { watched: Promise.resolve() };
  }
  const imposed = await bench.observe.attempt("impose", { ...parameters, severs: disruption.severs }, () =>
    disruption.impose(bench, demand(can, disruption), parameters),
  );
  if (imposed.phase !== "ok") return { watched: Promise.resolve() };
  bench.observe.note("imposed");
  await bench.clock.sleep(disruption.lastsMs(parameters), bench.signal);
  await bench.observe.attempt("lift", null, async () => {
    await imposed.value[Symbol.asyncDispose]();
  });
  return { watched: watch(disruption, parameters, bench, isBack, untilEnd) };
}

/** A fleet counts once a second, so what happened last is known this long after. */
const lastCountMs = 1_100;

/** Watches until the whole fleet is back, and until that has been counted; never longer than the disruption says. */
async function watch(
  disruption: Disruption,
  parameters: JsonObject,
  bench: Bench,
  isBack: (withinMs: number) => Promise<boolean>,
  untilEnd: AbortSignal,
): Promise<void> {
  const from = bench.clock.nowMs();
  const atMostMs = disruption.watchMs(parameters);
  // Devices may not have noticed yet what befell them; who looks too soon finds them all connected.
  await bench.clock.sleep(Math.min(lastCountMs, atMostMs), untilEnd);
  if (await isBack(atMostMs - (bench.clock.nowMs() - from))) await bench.clock.sleep(lastCountMs, untilEnd);
  bench.observe.note("watched", { watchMs: bench.clock.nowMs() - from });
}

function demand<N extends Capability>(can: Capabilities, { id, needs }: Disruption<N>): Having<N> {
  if (has(can, needs)) return can;
  throw new LabError(
    "E_CAPABILITY_MISSING",
    `${id} needs ${needs.join(", ")}, which the running target lacks`,
    "Leave the disruption out, or mark it with ifAble: true.",
  );
}

function has<N extends Capability>(can: Capabilities, needs: readonly N[]): can is Having<N> {
  return needs.every((capability) => can[capability] !== undefined);
}
