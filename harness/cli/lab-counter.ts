import type { Bench, LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Counter } from "#engine/lab.ts";

/** The simulator's counting relay as the engine wants it. Throws E_CAPABILITY_MISSING for an address that encrypts. */
export async function openLabCounter(bench: Bench, to: LabAddress): Promise<Counter> {
  const { openCountingRelay } = await import("#simulator/link/counting-relay.ts");
  const relay = await openCountingRelay(bench, to);
  return {
    host: relay.host,
    port: relay.port,
    counts: () => relay.counts() ?? cannotRead(to),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

function cannotRead({ scheme }: LabAddress): never {
  throw new LabError(
    "E_CAPABILITY_MISSING",
    `the lab cannot count packets over ${scheme}: they are encrypted`,
    "Use a load that works over mqtt or ws.",
  );
}
