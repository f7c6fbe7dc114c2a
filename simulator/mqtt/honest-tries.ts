import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { honestWaitMs, judgeHonestTries } from "#contract/honest-tries.ts";
import type { Identity } from "#contract/identity.ts";
import type { Launch } from "#contract/judging.ts";
import { connect, serves } from "./client.ts";

const action = "honest.connect";

/** For control and recovery. Throws where this client is not served. @param when `before the flood` */
export async function expectServed(
  bench: Bench,
  at: LabAddress,
  who: Identity | undefined,
  when: string,
): Promise<void> {
  if (who === undefined) throw new Error("there is no honest identity to connect with");
  if (!(await serves(bench, at, who, honestWaitMs))) throw new Error(`${who.clientId} is not served ${when}`);
}

/**
 * While an attack holds on: an honest client comes in, sends a PINGREQ and leaves, `count` times, one after the other.
 * Each is one attempt at `honest.connect`: ok where both answers came in time.
 * @param how `first` numbers the first try, where there were some before.
 */
export async function tryHonestly(
  bench: Bench,
  at: LabAddress,
  who: Identity,
  { count, everyMs, first = 1 }: { readonly count: number; readonly everyMs: number; readonly first?: number },
): Promise<void> {
  const last = first + count - 1;
  for (let n = first; n <= last && !bench.signal.aborted; n += 1) {
    const nextAtMs = bench.clock.nowMs() + everyMs;
    await bench.observe.attempt(action, { clientId: who.clientId, n }, async (trace) => {
      await using session = await connect(bench, at, who, { withinMs: honestWaitMs, trace });
      if (!(await session.ping(honestWaitMs))) throw new Error(`no PINGRESP within ${honestWaitMs} ms`);
    });
    if (n < last) await bench.clock.sleep(Math.max(0, nextAtMs - bench.clock.nowMs()), bench.signal);
  }
}

/** Judges the tries of {@link tryHonestly}, see contract/honest-tries.ts. @param meanwhile `200 connections were held` */
export function judgeHonestConnects(launch: Launch, meanwhile: string): Answer {
  return judgeHonestTries(launch, { action, what: "connects", meanwhile });
}
