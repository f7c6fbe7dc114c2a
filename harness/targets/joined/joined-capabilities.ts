import type { Capabilities } from "#contract/target.ts";

type Part = Capabilities;

/** What parts of a system can undergo together: each befalls every part that can undergo it, at the same time. */
export function joinedCapabilities(parts: readonly Part[]): Capabilities {
  const restart = having(parts, "restart");
  const kill = having(parts, "kill");
  const pause = having(parts, "pause");
  const limitMemory = having(parts, "limitMemory");
  const fillDisk = having(parts, "fillDisk");
  const cutNetwork = having(parts, "cutNetwork");
  return {
    ...(restart.length > 0 && { restart: (ms: number) => whole(restart.map((part) => part.restart(ms))) }),
    ...(kill.length > 0 && { kill: (ms: number) => whole(kill.map((part) => part.kill(ms))) }),
    ...(pause.length > 0 && { pause: () => imposed(pause.map((part) => part.pause())) }),
    ...(limitMemory.length > 0 && {
      limitMemory: (bytes: number) => imposed(limitMemory.map((part) => part.limitMemory(bytes))),
    }),
    ...(fillDisk.length > 0 && { fillDisk: () => imposed(fillDisk.map((part) => part.fillDisk())) }),
    ...(cutNetwork.length > 0 && { cutNetwork: () => imposed(cutNetwork.map((part) => part.cutNetwork())) }),
  };
}

function having<K extends keyof Capabilities>(parts: readonly Part[], name: K): readonly Required<Pick<Part, K>>[] {
  return parts.filter((part): part is Part & Required<Pick<Part, K>> => part[name] !== undefined);
}

/** Waits for all of them, also where one fails, so that nothing is left half done behind the error. */
async function whole(works: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(works);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** In force once it is in force everywhere; lifted again where one part could not undergo it. */
async function imposed(works: readonly Promise<AsyncDisposable>[]): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const settled = await Promise.allSettled(works);
  for (const each of settled) if (each.status === "fulfilled") stack.use(each.value);
  const failure = settled.find((each) => each.status === "rejected");
  if (failure === undefined) return stack;
  await stack.disposeAsync();
  throw failure.reason;
}
