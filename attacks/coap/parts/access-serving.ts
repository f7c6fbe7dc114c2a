import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { openAsker } from "./access-asker.ts";
import { mustMove } from "./access-rightful.ts";
import { honestPath } from "./serving.ts";

const tries = 3;

/**
 * For control and recovery: a rightful client is served, in the best of three tries. Where nobody knows of an identity or
 * a resource that is open, any answer will do. Throws where it is not so.
 */
export async function mustServe(bench: Bench, ground: Ground, withinMs: number): Promise<void> {
  for (let n = 1; ; n += 1) {
    try {
      return await mustServeOnce(bench, ground, withinMs);
    } catch (cause) {
      if (n === tries || cause instanceof Refused || bench.signal.aborted) throw cause;
    }
    await bench.clock.sleep(withinMs, bench.signal);
  }
}

async function mustServeOnce(bench: Bench, ground: Ground, withinMs: number): Promise<void> {
  const { identities, resources } = ground;
  const path = honestPath(ground);
  await using client = await openAsker(bench, ground, "operator", identities.operator);
  const { code: answered } = await client.ask({ code: code.get, path }, withinMs);
  const mustSucceed = identities.operator !== undefined || resources?.open !== undefined;
  if (mustSucceed && !isSuccess(answered)) throw new Error(`a rightful client got ${codeText(answered)} for /${path}`);
}

/** For controls: the operator moves the actuator, where both are known; otherwise {@link mustServe}. */
export async function mustCommand(bench: Bench, ground: Ground, withinMs: number): Promise<void> {
  const actuator = ground.resources?.actuator;
  if (ground.identities.operator === undefined || actuator === undefined) return mustServe(bench, ground, withinMs);
  await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
  await mustMove(bench, operator, actuator, withinMs);
}
