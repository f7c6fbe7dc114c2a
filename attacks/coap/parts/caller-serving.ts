import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Caller, Calling } from "#contract/coap.ts";
import { needed } from "#contract/needed.ts";
import { openOwnPort, ownAddress, ownServerOn } from "./own-server.ts";
import { expectServed } from "./serving.ts";

/** How long a device may take until its first request is here; a program has to be started first. */
export const callWithinMs = 3_000;
/** How often it is looked whether a device has taken something. */
const lookEveryMs = 20;

/** The device under test; the engine skips attacks on devices where there is none. */
export function callerOf({ caller }: Pick<Ground, "caller">): Caller {
  return needed(caller);
}

/** Waits until the device has taken something for which this holds; whether it has. */
export async function hasTaken(
  { clock, signal }: Bench,
  calling: Calling,
  isIt: (payload: string) => boolean,
  withinMs: number,
): Promise<boolean> {
  const untilMs = clock.nowMs() + withinMs;
  while (!calling.taken().some(isIt)) {
    if (clock.nowMs() >= untilMs || signal.aborted) return false;
    await clock.sleep(lookEveryMs, signal);
  }
  return true;
}

/**
 * For control and recovery of attacks on a device: what is beside the device serves an honest client, and the device asks
 * a server of ours and takes its answer. Throws where not.
 */
export async function expectCalls(bench: Bench, ground: Ground, when: string): Promise<void> {
  await expectServed(bench, ground, when);
  await using server = ownServerOn(bench, await openOwnPort(bench));
  const payload = canary(bench);
  server.onAsked((asked) => server.answer(asked, { payload: Buffer.from(payload) }));
  await using calling = await callerOf(ground).call({
    at: ownAddress(ground, server.local),
    does: "read",
    path: "state",
  });
  if (!(await hasTaken(bench, calling, (taken) => taken.includes(payload), callWithinMs))) {
    throw new Error(`the device did not take what an honest server answered ${when}`);
  }
}
