import { ifStillThere } from "./docker-failure.ts";
import { liftedOnce } from "./lifted-once.ts";
import type { LiveContainer } from "./live-container.ts";

/** Freezes all of its processes; Docker's proxy goes on to accept connections for it. */
export async function freeze(live: LiveContainer): Promise<AsyncDisposable> {
  await live.inTurn(async () => {
    live.resources.quiet();
    await live.container.pause();
  });
  return liftedOnce(() => live.inTurn(() => thaw(live)));
}

/** It may have been ended, restarted or removed meanwhile, and is not frozen then. */
async function thaw(live: LiveContainer): Promise<void> {
  if (live.isDisposed) return;
  const { State: state } = await live.container.inspect();
  if (!state.Paused) return;
  await ifStillThere(() => live.container.unpause());
  await live.followResources();
}
