import type { Attack, Ground } from "#contract/attack.ts";
import type { Bench, Clock } from "#contract/bench.ts";
import type { ActorId, Beat, JsonObject } from "#contract/observation.ts";
import type { PlannedAttack } from "#contract/scenario.ts";
import type { Bencher } from "./lab.ts";

/** Time that a beat gets to stop once it was told to. */
const graceMs = 2_000;
/** Recovery is watched even where the launch used up the time of the attack. */
const recoveryMs = 15_000;

/**
 * Runs an attack in its three beats. Where the control fails the launch is skipped; recovery follows every launch,
 * also one that was told to stop, unless the whole run was.
 * @param stage aborts when the stage ends; `run` when the user ends the run.
 */
export async function runAttack(
  { attack, parameters }: PlannedAttack,
  actor: ActorId,
  ground: Ground,
  benchFor: Bencher,
  signals: { readonly stage: AbortSignal; readonly run: AbortSignal },
): Promise<void> {
  const missing = attack.needs.filter((role) => ground.identities[role] === undefined);
  if (missing.length > 0) {
    const because = `the target gives no ${missing.join(" and no ")}; name one in the identities file`;
    benchFor(actor, signals.stage).observe.note("skipped", { because });
    return;
  }
  if (attack.needsCaller === true && ground.caller === undefined) {
    const because = "the target is no device that calls a server; take one with --target, see seatrial list targets";
    benchFor(actor, signals.stage).observe.note("skipped", { because });
    return;
  }
  const { clock } = benchFor(actor, signals.stage);
  const deadline = clock.nowMs() + attack.atMostMs(parameters);
  const beat = (name: Beat, signal: AbortSignal, atMostMs: number) =>
    runBeat(attack, name, parameters, ground, benchFor(actor, signal, name), atMostMs);

  const control = await beat("control", signals.stage, deadline - clock.nowMs());
  if (control !== "ok" || signals.stage.aborted) return;
  await beat("attack", signals.stage, deadline - clock.nowMs());
  if (signals.run.aborted) return;
  await beat("recovery", signals.run, Math.max(recoveryMs, deadline - clock.nowMs()));
}

async function runBeat(
  attack: Attack,
  beat: Beat,
  parameters: JsonObject,
  ground: Ground,
  bench: Bench,
  atMostMs: number,
): Promise<"ok" | "refused" | "unknown"> {
  const over = new AbortController();
  const signal = AbortSignal.any([bench.signal, over.signal]);
  const own: Bench = { ...bench, signal };
  const action = beat === "attack" ? "launch" : beat;
  const detail = beat === "attack" ? { layer: attack.layer, severity: attack.severity, parameters } : null;
  const ended = await bench.observe.attempt(action, detail, async () => {
    await inTime(attack[action](own, ground, parameters), bench.clock, signal, over, atMostMs);
    if (signal.aborted) throw new Error(over.signal.aborted ? `took longer than ${atMostMs} ms` : "was told to stop");
  });
  return ended.phase;
}

/** Waits for the work; tells it to stop when its time is over, and stops waiting when it does not listen. */
async function inTime(
  work: Promise<void>,
  clock: Clock,
  signal: AbortSignal,
  over: AbortController,
  atMostMs: number,
): Promise<void> {
  const done = new AbortController();
  const guarded = (async () => {
    await clock.sleep(Math.max(0, atMostMs), AbortSignal.any([signal, done.signal]));
    if (done.signal.aborted) return;
    over.abort();
    await clock.sleep(graceMs, done.signal);
    if (!done.signal.aborted) throw new Error(`did not stop within ${graceMs} ms of being told to`);
  })();
  try {
    await Promise.race([work, guarded.then(() => work)]);
  } finally {
    done.abort();
    work.catch(() => {});
  }
}
