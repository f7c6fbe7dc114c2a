import type { Bench, LabAddress } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Identity } from "#contract/identity.ts";
import { honestClient } from "./honest-client.ts";

/**
 * Shows that the rig works: a legitimate client subscribes to a topic that it may use, publishes a canary and gets it
 * back. One attempt at `echo`; throws where it is not ok.
 */
export async function mustEcho(
  bench: Bench,
  at: LabAddress,
  as: Identity,
  topic: string,
  withinMs: number,
): Promise<void> {
  const echo = canary(bench);
  const tried = await bench.observe.attempt("echo", { clientId: as.clientId, topic }, async (trace) => {
    await using client = await honestClient(bench, at, as, trace);
    await client.subscribe(topic);
    await client.publish(topic, JSON.stringify({ canary: echo }));
    const back = await client.until(({ payload }) => payload.includes(echo), withinMs);
    if (back === undefined) throw new Error(`no canary came back on ${topic} within ${withinMs} ms`);
  });
  if (tried.phase !== "ok") throw new Error(`${as.clientId} cannot use ${topic}: ${tried.error.message}`);
}
