import { posix } from "node:path";
import type { Docker } from "./connect-docker.ts";
import { liftedOnce } from "./lifted-once.ts";
import type { LiveContainer } from "./live-container.ts";
import type { MemoryDisk } from "./run-place.ts";

/** A page of memory: writing in smaller parts leaves nothing free, in larger ones the rest of the last part. */
const partBytes = 4_096;

/**
 * Fills the disk with a file, from the container that holds it: so it works whatever state the target is in, and the
 * memory that the file takes is not the target's. Lifting removes the file, and starts the target again where it ended
 * meanwhile (RabbitMQ does), as whoever cleans up a disk would.
 */
export async function fillDisk(live: LiveContainer, docker: Docker, disk: MemoryDisk): Promise<AsyncDisposable> {
  const file = posix.join(disk.path, ".seatrial-fills-this-disk");
  const run = (command: readonly string[]) => docker.client.container.exec(disk.keeper, [...command]);
  const free = async () => freeBytesOf((await run(["df", "-P", "-k", disk.path])).output);
  const freeBefore = await free();
  const wasRunning = await live.isRunning();
  // Ends with a failure, as it goes on until nothing can be written.
  await run(["dd", "if=/dev/zero", `of=${file}`, `bs=${partBytes}`]);
  live.bench.observe.note("disk.full", { path: disk.path, freeBefore, freeAfter: await free() });
  return liftedOnce(async () => {
    if (live.isDisposed) return;
    const { exitCode, output } = await run(["rm", "-f", file]);
    if (exitCode !== 0) throw new Error(`the disk is still full: ${output.trim()}`);
    if (wasRunning && !(await live.isRunning())) await live.inTurn(() => live.startAgain());
  });
}

/** Free bytes by the second line of `df -P -k`. Throws where there is none. */
export function freeBytesOf(output: string): number {
  const free = Number(output.trim().split("\n").at(-1)?.split(/\s+/)[3]);
  if (Number.isNaN(free)) throw new Error(`df did not tell how much is free: ${output.trim()}`);
  return free * 1_024;
}
