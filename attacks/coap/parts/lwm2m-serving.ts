import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { openAsker } from "./access-asker.ts";
import { readText } from "./access-rightful.ts";
import { mustServe } from "./access-serving.ts";

/** Manufacturer, which every LwM2M device can tell its server. */
const manufacturer = "3/0/0";

/** For controls: the operator reads the device object, where there is one. Throws where it does not. */
export async function mustReadObjects(bench: Bench, ground: Ground, withinMs: number): Promise<void> {
  if (ground.resources?.lwm2m === undefined) return mustServe(bench, ground, withinMs);
  await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
  if ((await readText(operator, manufacturer, withinMs)) === undefined) {
    throw new Error(`the operator cannot read /${manufacturer}`);
  }
}
