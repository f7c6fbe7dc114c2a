import type { Scenario, Stage } from "#contract/scenario.ts";

/** Time the engine gives fleets to come up, and to come back before a disruption that severs connections. */
const settleMs = { start: 15_000, before: 3_000 };
/** Time the engine watches for recovery, where an attack has used up its own. */
const recoveryMs = 15_000;

/** Time that starting a generator and closing its connections take beside the load itself. */
const loadEdgesMs = 10_000;

/** Most time that the stages of a plan can take, milliseconds; most plans take far less, as attacks end when they are done. */
export function durationOf({ stages, fleets }: Pick<Scenario, "stages" | "fleets">): number {
  const start = fleets.length > 0 ? settleMs.start : 0;
  return stages.reduce((sum, stage) => sum + stageDurationOf(stage), start);
}

/** Most time that one stage can take, milliseconds. */
export function stageDurationOf({ lastsMs, attacks, together, disruptions, loads = [], afterMs = 0 }: Stage): number {
  const each = attacks.map(({ attack, parameters }) => attack.atMostMs(parameters));
  const attacking = together ? Math.max(0, ...each) : each.reduce((sum, ms) => sum + ms, 0);
  if (lastsMs !== undefined) return lastsMs + (attacks.length > 0 ? recoveryMs : 0);
  const disrupted = disruptions.map(({ disruption, parameters }) => {
    const settle = disruption.severs ? settleMs.before : 0;
    return settle + disruption.lastsMs(parameters) + disruption.watchMs(parameters);
  });
  const loaded = loads.map(({ load, parameters }) => loadEdgesMs + load.lastsMs(parameters));
  return Math.max(afterMs + attacking, ...disrupted.map((ms) => afterMs + ms), ...loaded);
}
