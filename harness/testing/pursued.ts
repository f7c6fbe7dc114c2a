import type { JsonObject } from "#contract/observation.ts";
import type { Inside } from "./three-beats.ts";

/** A pursuit of an attack on access, as it stands in the history: what it wanted, and what came of it. */
export function pursued(
  goal: string,
  reached: boolean | null,
  more: { readonly who?: string; readonly how?: string; readonly path?: string; readonly answer?: string } = {},
): Inside {
  const { who = "stranger", how = "GET", path = "config", answer = reached === true ? "2.05" : "4.01" } = more;
  const detail: JsonObject = { goal, how, path, who };
  const phase = reached === true ? "ok" : reached === false && answer.startsWith("4.") ? "refused" : "unknown";
  return { action: "pursue", phase, detail, found: { answer: reached === null ? "" : answer, reached } };
}
