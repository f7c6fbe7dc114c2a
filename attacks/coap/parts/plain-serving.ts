import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { code } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { expectServed, honestPath, honestWaitMs } from "./serving.ts";

const tries = 3;

/**
 * For control and recovery of attacks that need no identity: an honest client is served by the safest way there is, and
 * a plain request is answered, too, if only by an error. Throws where not.
 * @param when `before anything was sent`
 */
export async function expectPlainServed(bench: Bench, ground: Ground, when: string): Promise<void> {
  await expectServed(bench, ground, when);
  if ((await askPlain(bench, ground)) === undefined) throw new Error(`plain requests got no answer ${when}`);
}

/** The answer to a plain request for what whoever asks gets; asked up to three times, each from a fresh socket. */
export async function askPlain(bench: Bench, ground: Ground): Promise<Message | undefined> {
  for (let n = 0; n < tries && !bench.signal.aborted; n += 1) {
    await using probe = await openProbe(bench, ground.at);
    const answer = await probe.ask({ code: code.get, options: pathOptions(honestPath(ground)) }, honestWaitMs);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
