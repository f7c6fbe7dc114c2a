import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import type { Tally } from "#contract/target.ts";
import type { LocalProgram } from "../process/local-program.ts";
import { systemTally } from "./system-tally.ts";

/**
 * Reads the counters of a broker process, without what reading them adds. After a second start the publishes are left out:
 * the broker has forgotten what it counted before, and only its log goes on.
 */
export function mosquittoTally(
  bench: Bench,
  at: LabAddress,
  counter: Identity,
  broker: Pick<LocalProgram, "starts" | "logged">,
): () => Promise<Tally> {
  const readings = { connections: 0, publishesSent: 0 };
  return async () => {
    const logged = broker.logged("connected");
    if (broker.starts === 1) return systemTally(bench, at, counter, logged, readings);
    return { connections: logged - readings.connections, from: "log" };
  };
}
