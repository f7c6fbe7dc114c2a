import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import type { PlannedLoad } from "#contract/scenario.ts";
import type { RunningTarget } from "#contract/target.ts";
import type { Lab } from "./lab.ts";

/** Where a load of a stage runs: the target, and the identities that are free for its clients. */
export interface LoadGround {
  readonly running: RunningTarget;
  readonly identities: readonly DeviceIdentity[];
}

/**
 * Applies a load through the lab's own counter, as one attempt `load` of its actor. One that is told to stop when its
 * stage ends has still ended orderly. Throws a LabError where the plan cannot be carried out here.
 */
export async function applyLoad(
  { load, parameters, ifAble }: PlannedLoad,
  bench: Bench,
  { running, identities }: LoadGround,
  lab: Lab,
): Promise<void> {
  const to = running.address(load.over);
  if (to === undefined) {
    const because = `the target does not listen on ${load.over}`;
    if (!ifAble)
      throw new LabError("E_CAPABILITY_MISSING", `${load.id}: ${because}`, "Mark the load with ifAble: true.");
    bench.observe.note("skipped", { because });
    return;
  }
  const clients = load.clients(parameters);
  if (clients > to.maxConnections) {
    const says = `${load.id} wants ${clients} clients, but at most ${to.maxConnections} connections are allowed there`;
    throw new LabError("E_LIMIT", says, "Ask for fewer clients, or raise the limit in the scope file.");
  }
  await using counter = await lab.openCounter(bench, to);
  const { scheme, ca, path, serverName = to.host } = to;
  const at = await lab.claim({
    scheme,
    host: counter.host,
    port: counter.port,
    serverName,
    ...(ca !== undefined && { ca }),
    ...(path !== undefined && { path }),
  });
  const { operator } = running.identities;
  await bench.observe.attempt("load", parameters, () =>
    load.apply(
      bench,
      {
        at,
        identities: identities.slice(0, clients),
        ...(operator && { operator }),
        facts: running.facts,
        counted: () => counter.counts(),
        ...(running.tally && { tally: () => tallyOf(running) }),
        ...lab.folderFor(load.id),
        lease: lab.lease,
        environment: lab.environment,
      },
      parameters,
    ),
  );
}

function tallyOf(running: RunningTarget) {
  if (running.tally === undefined) throw new Error("the target lost its tally");
  return running.tally();
}
