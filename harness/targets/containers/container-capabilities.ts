import type { Capabilities, Capability } from "#contract/target.ts";
import type { Docker } from "./connect-docker.ts";
import type { ContainerRecipe } from "./container-recipe.ts";
import { freeze } from "./freeze.ts";
import { fillDisk } from "./full-disk.ts";
import type { LiveContainer } from "./live-container.ts";
import { limitMemory } from "./memory-limit.ts";
import { cutNetwork } from "./network-cut.ts";
import type { RunPlace } from "./run-place.ts";

/** What a container of this recipe can undergo. */
export function offersOf({ disk }: Pick<ContainerRecipe, "disk">): readonly Capability[] {
  return ["restart", "kill", "pause", "limitMemory", ...(disk ? ["fillDisk" as const] : []), "cutNetwork"];
}

/** Everything that can be done to a running container. */
export function capabilitiesOf(
  live: LiveContainer,
  docker: Docker,
  { network, disk }: RunPlace,
  memoryBytes: number,
): Capabilities {
  const comesBack = (end: () => Promise<void>) => (downForMs: number) =>
    live.inTurn(async () => {
      await end();
      await live.bench.clock.sleep(downForMs, live.bench.signal);
      await live.startAgain();
    });
  return {
    restart: comesBack(() => live.stop()),
    kill: comesBack(() => live.kill()),
    pause: () => freeze(live),
    limitMemory: (spareBytes) => limitMemory(live, spareBytes, memoryBytes),
    cutNetwork: () => cutNetwork(live, network),
    ...(disk && { fillDisk: () => fillDisk(live, docker, disk) }),
  };
}
