import type { Container } from "dockerode";
import { wordsOf } from "./docker-failure.ts";
import { liftedOnce } from "./lifted-once.ts";
import type { LiveContainer } from "./live-container.ts";
import { sampleOf } from "./resource-use.ts";

/** Docker takes no limit below this. */
const leastBytes = 6 * 1024 ** 2;
const tries = 10;

/**
 * Leaves it so much memory beyond what it uses. Lifting gives it back what it had, and starts it again where it was ended
 * for want of memory.
 * @param fullBytes what it has otherwise.
 */
export async function limitMemory(
  live: LiveContainer,
  spareBytes: number,
  fullBytes: number,
): Promise<AsyncDisposable> {
  await live.inTurn(async () => {
    const sample = sampleOf(await live.container.stats({ stream: false, "one-shot": true }));
    if (sample === undefined) throw new Error("the container does not run, so it uses no memory that could be limited");
    const usedBytes = sample.memoryBytes;
    const limitBytes = await limitTo(live.container, Math.max(usedBytes + spareBytes, leastBytes), fullBytes);
    live.bench.observe.note("memory.limited", { usedBytes, spareBytes, limitBytes });
  });
  return liftedOnce(() => live.inTurn(() => lift(live, fullBytes)));
}

/** Sets the limit, or one that is a little larger where the kernel cannot take so much back (cgroup v1). Returns it. */
async function limitTo(container: Container, wantedBytes: number, fullBytes: number): Promise<number> {
  let limit = Math.min(wantedBytes, fullBytes);
  for (let left = tries; ; left -= 1) {
    try {
      await container.update(limitOf(limit));
      return limit;
    } catch (cause) {
      if (left === 0 || limit === fullBytes || !/busy/i.test(wordsOf(cause))) throw cause;
      limit = Math.min(Math.ceil(limit * 1.05) + 1024 ** 2, fullBytes);
    }
  }
}

/** Memory and swap together may be no more than this, so that there is no swap. */
function limitOf(bytes: number): { readonly Memory: number; readonly MemorySwap: number } {
  return { Memory: Math.floor(bytes), MemorySwap: Math.floor(bytes) };
}

async function lift(live: LiveContainer, fullBytes: number): Promise<void> {
  if (live.isDisposed) return;
  await live.container.update(limitOf(fullBytes));
  if (await live.wasOomKilled()) await live.startAgain();
}
