import { reapOrphans } from "#store/leases.ts";
import type { Terminal } from "./terminal.ts";

/** Ends what killed runs left behind, and says so. Docker is only asked where a run is known to have used it. */
export async function reapLeftovers(leaseDirectory: string, terminal: Terminal): Promise<void> {
  const { ended, containers } = reapOrphans(leaseDirectory);
  const say = (what: string) => terminal.line(`ended ${what}, left behind by a run that was killed`);
  for (const what of ended) say(what);
  if (containers.length === 0) return;
  const { reapContainers } = await import("#targets/containers/reap-containers.ts");
  for (const { run, what, forget } of containers) {
    try {
      for (const removed of await reapContainers(run, process.env)) say(removed);
      forget();
    } catch (cause) {
      // Docker may be off now; the lease stays, and the next start tries again.
      const why = cause instanceof Error ? cause.message : String(cause);
      terminal.line(`${what} of run ${run} may still be there: ${why}`);
    }
  }
}
