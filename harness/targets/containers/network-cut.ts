import type { Network } from "dockerode";
import { statusOf } from "./docker-failure.ts";
import { liftedOnce } from "./lifted-once.ts";
import type { LiveContainer } from "./live-container.ts";

/**
 * Takes it off its network: open connections end, and nobody listens on its ports. Lifting puts it back, and resolves
 * when it answers on the same ports again.
 */
export async function cutNetwork(live: LiveContainer, network: Network): Promise<AsyncDisposable> {
  const ends = { Container: live.container.id };
  await live.inTurn(() => unlessSo(() => network.disconnect({ ...ends, Force: true })));
  return liftedOnce(() =>
    live.inTurn(async () => {
      if (live.isDisposed) return;
      await live.onItsPorts(() => unlessSo(() => network.connect(ends)));
      await live.ready();
    }),
  );
}

/** Docker forbids to connect what is connected already, and to disconnect what is not. */
async function unlessSo(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (statusOf(cause) !== 403 || !/already exists|not connected/i.test(String(cause))) throw cause;
  }
}
