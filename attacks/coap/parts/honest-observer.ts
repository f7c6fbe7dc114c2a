import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { honestWaitMs, openHonest } from "./serving.ts";

/** An honest client that observes a resource. */
export interface HonestObserver extends AsyncDisposable {
  /** How many states it was told of so far. */
  states(): number;
}

/** By the safest way that the target offers. Throws where it is not put on the list. */
export async function observeHonestly(bench: Bench, ground: Ground, path: string): Promise<HonestObserver> {
  const client = await openHonest(bench, ground);
  let states = 0;
  let isListed = false;
  const observation = client.observe({
    path,
    withinMs: honestWaitMs,
    onState: (_, sequence) => {
      states += 1;
      isListed = sequence !== undefined;
    },
  });
  await observation.established;
  if (!isListed) throw new Error(`an honest client was not taken as an observer of /${path}`);
  return {
    states: () => states,
    async [Symbol.asyncDispose]() {
      await observation.cancel();
      await client[Symbol.asyncDispose]();
    },
  };
}
