import type { z } from "zod";
import type { Attack, Ground } from "#contract/attack.ts";
import type { Beat, JsonObject, Observation } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { benchOf, randomOf, realClock } from "./bench.ts";
import { recordOf } from "./record.ts";

/**
 * Runs one attack in its three beats against a real target, as the engine does but with nothing around it.
 * @param parameters as they stand in a scenario; defaults fill the rest.
 */
export async function launchAlone<P extends z.ZodObject>(
  attack: Attack<P>,
  ground: Ground,
  parameters: JsonObject = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RunRecord> {
  const history: Observation[] = [];
  const given = attack.parameters.parse(parameters);
  const bench = benchOf(history, { actor: `attack:${attack.id}`, clock: realClock(), random: randomOf(7), signal });
  const beat = async (name: Beat) => {
    const from = history.length;
    const action = name === "attack" ? "launch" : name;
    const ended = await bench.observe.attempt(action, null, () => attack[action](bench, ground, given));
    for (const line of history.slice(from)) history[line.seq] = { ...line, beat: name };
    return ended.phase;
  };
  if ((await beat("control")) === "ok") {
    await beat("attack");
    await beat("recovery");
  }
  return recordOf(history);
}
