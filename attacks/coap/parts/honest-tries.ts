import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { judgeHonestTries } from "#contract/honest-tries.ts";
import { attemptsOf, type Launch } from "#contract/judging.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import type { HonestCoap } from "#simulator/coap/honest-client.ts";
import { honestPath, honestWaitMs } from "./serving.ts";

const action = "honest.ask";

/**
 * While an attack holds on: an honest client asks for what it may read, `count` times, one after the other.
 * Each is one attempt at `honest.ask`: ok where it was served in time, refused where it was answered with an error.
 */
export async function tryHonestly(
  bench: Bench,
  ground: Ground,
  client: HonestCoap,
  { count, everyMs }: { readonly count: number; readonly everyMs: number },
): Promise<void> {
  const path = honestPath(ground);
  for (let n = 1; n <= count && !bench.signal.aborted; n += 1) {
    const nextAtMs = bench.clock.nowMs() + everyMs;
    await bench.observe.attempt(action, { path, n }, async (trace) => {
      trace.wire(client.reference);
      const { code: answered } = await client.ask({ code: code.get, path }, honestWaitMs);
      if (!isSuccess(answered)) throw new Refused(codeText(answered), `/${path} was answered ${codeText(answered)}`);
    });
    if (n < count) await bench.clock.sleep(Math.max(0, nextAtMs - bench.clock.nowMs()), bench.signal);
  }
}

/** The tries that were served. */
export function honestServed({ during }: Pick<Launch, "during">): readonly number[] {
  return attemptsOf(during.attack, action)
    .filter(({ phase }) => phase === "ok")
    .map(seqOf);
}

/** Judges the tries of {@link tryHonestly}, see contract/honest-tries.ts. @param meanwhile `1,000 requests were sent` */
export function judgeHonestRequests(launch: Launch, meanwhile: string): Answer {
  return judgeHonestTries(launch, { action, what: "requests", meanwhile });
}
