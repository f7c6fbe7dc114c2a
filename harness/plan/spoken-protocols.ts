import type { Scenario } from "#contract/scenario.ts";
import type { Protocol } from "#contract/target.ts";
import { protocolsOf } from "./abilities.ts";

/** Protocols that the fleets, attacks and loads of a plan speak: a target for it has to speak them all. */
export function spokenProtocols({ fleets, stages }: Pick<Scenario, "fleets" | "stages">): readonly Protocol[] {
  const units = [
    ...fleets.map(({ device }) => device),
    ...stages.flatMap(({ attacks }) => attacks.map(({ attack }) => attack)),
    ...stages.flatMap(({ loads = [] }) => loads.map(({ load }) => load)),
  ];
  return [...new Set(units.flatMap(protocolsOf))];
}
