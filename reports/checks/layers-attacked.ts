import type { Attack } from "#contract/attack.ts";
import type { Answer, FreeCheck } from "#contract/check.ts";
import { attemptsOf } from "#contract/judging.ts";
import type { Observation } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../judge/counters.ts";

type Layer = Attack["layer"];

const layers: readonly Layer[] = ["application", "network", "data", "physical"];
/** Software reaches no board, so only a physical target can be attacked there. */
const inReach: readonly Layer[] = ["application", "network", "data"];
/** Disruptions work on the network between devices and broker. */
const networkDisruptions = /^disruption:(link-cut|slow-link|network-cut)(#|$)/;

/**
 * How many of the four layers were attacked at all. It says something of the trial, and nothing of the product: no knob
 * of a broker or device can make it fail, so it has no twin.
 */
export const layersAttacked: FreeCheck = {
  id: "layers-attacked",
  asks: "Was every layer that this target has attacked at least once?",
  covers: "P4.2/four-layers-attacked",
  remedy:
    "Add attacks on the layers that are named here to the plan; the physical layer needs a bench and people. Then run this again.",
  needs: [],
  judge,
  exercise: { disruption: "slow-link" },
  twins: [],
};

function judge({ header, history }: RunRecord): Answer {
  if (header.product === undefined)
    return { verdict: "not-tested", says: "the run was no assessment of a product", evidence: [] };
  const found = history.flatMap((seen) => layerOf(seen, history) ?? []);
  const reached = new Map(found.map(({ layer, seq }) => [layer, seq] as const));
  if (reached.size === 0) return { verdict: "not-tested", says: "no attack was run to its end", evidence: [] };
  const open = header.target.fidelity === "physical" ? layers : inReach;
  const missing = open.filter((layer) => !reached.has(layer));
  const beyond = open === layers ? "" : "; a target of software has no physical layer to attack";
  const names = layers.filter((layer) => reached.has(layer)).join(", ");
  return {
    verdict: missing.length === 0 ? "pass" : "inconclusive",
    says: `${reached.size} of 4 layers: ${names} attacked${missing.length > 0 ? `, ${missing.join(", ")} not` : ""}${beyond}`,
    evidence: [...reached.values()],
    measure: { kind: "graded", total: layers.length, survived: reached.size, lost: 0 },
  };
}

/** The layer that an observation shows attacked to the end, with its number. */
function layerOf(
  seen: Observation,
  history: readonly Observation[],
): { readonly layer: Layer; readonly seq: number } | undefined {
  if (seen.phase !== "attempt") return undefined;
  const layer = seen.action === "launch" ? layers.find((each) => each === memberOf(seen.detail, "layer")) : undefined;
  const network = seen.action === "lift" && networkDisruptions.test(seen.actor);
  if (layer === undefined && !network) return undefined;
  const [attempt] = attemptsOf([seen, ...history.filter((each) => each.attempt === seen.seq)], seen.action);
  return attempt?.phase === "ok" ? { layer: layer ?? "network", seq: seen.seq } : undefined;
}
