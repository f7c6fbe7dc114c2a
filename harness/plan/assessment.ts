import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { Disruption } from "#contract/disruption.ts";
import { LabError } from "#contract/errors.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { PlannedAttack, PlannedDisruption, Scenario, Stage } from "#contract/scenario.ts";
import type { Target } from "#contract/target.ts";
import { isOfTheLink, lacking, protocolsOf, unspoken } from "./abilities.ts";
import { mostDevices } from "./fleet-list.ts";
import { jsonOf } from "./parameters.ts";
import type { ProductPlan } from "./product-file.ts";
import { overridden, type TargetOverride } from "./target-choice.ts";
import { filterStages, type UnitFilter } from "./unit-filter.ts";

/** Time in which the fleet is seen at rest, so that later disturbance has something to be compared with. */
const settleMs = 1_000;

/**
 * Plans everything in the catalogue that applies to a product on its target: attacks that speak its protocol, and
 * disruptions that the target or the link to it can undergo. Loads are left to scenarios. Attacks whose identities the target turns out to lack
 * stay in, so that the record says why they were skipped.
 *
 * The order makes verdicts independent of each other. First come attacks that only ask for access, one after the other.
 * Beside them a disruption that severs the link is imposed: attacks do not go through the link, the fleet's identities
 * are not those of the attacks, and it saves a third of the time. Then attacks that cross from one protocol to another, which
 * go through the fleet. Then every other disruption alone, so that a recovery
 * has one cause, those that restart the target last. Then attacks that strain the target, each alone among those of its
 * protocol, first those that want it fresh. A target that remembers strain is restarted before each of these, also where the product skips restarts
 * as a disruption: otherwise the first flood, or the wrong passwords before it, would decide what the next one finds.
 * Where it cannot be restarted the strains come before everything else.
 */
export function planAssessment(
  plan: ProductPlan,
  catalogue: Catalogue,
  override: TargetOverride & UnitFilter = {},
): Scenario {
  const { target, knobs } = overridden(plan.choice, override);
  refuseMisfit(plan, target);
  const chosen = <U extends Attack | Disruption>(unit: U) => ({
    unit,
    parameters: plan.parameters.get(unit.id) ?? jsonOf(unit.parameters.parse({})),
  });
  const skips = new Set(plan.skip);
  const attacks = [...catalogue.attacks.values()]
    .filter((attack) => applies(attack, target, plan) && !skips.has(attack.id))
    .map((attack) => plannedAttack(chosen(attack)));
  const disruptions = [...catalogue.disruptions.values()]
    .filter((disruption) => lacking(disruption, target).length === 0 && !skips.has(disruption.id))
    .toSorted((one, other) => restarting(one) - restarting(other))
    .map((disruption) => plannedDisruption(chosen(disruption)));
  if (attacks.length + disruptions.length === 0) {
    const hint = `Choose a target that speaks ${[...new Set([...catalogue.attacks.values()].map(({ speaks }) => speaks))].join(" or ")}.`;
    throw new LabError("E_PLAN", `no attack or disruption applies to ${plan.product.id} on ${target.id}`, hint);
  }
  return {
    id: plan.product.id,
    title: `Assessment of ${plan.product.title}`,
    target,
    knobs,
    posture: override.posture ?? plan.posture,
    fleets: plan.fleets,
    stages: filterStages(stagesOf(attacks, disruptions, restartOf(target, catalogue)), override, catalogue),
    expects: [],
    product: plan.product,
  };
}

/**
 * Whether the target speaks all that the attack does. One that crosses from a protocol to another goes through a device
 * that stands between the two, so the fleet must hold such a device.
 */
function applies(attack: Attack, target: Target, { fleets }: ProductPlan): boolean {
  if (attack.onRequest === true || unspoken(attack, target) !== undefined) return false;
  const crossed = attack.alsoSpeaks === undefined ? [] : protocolsOf(attack);
  return (
    crossed.length === 0 ||
    fleets.some(({ device }) => crossed.every((protocol) => protocolsOf(device).includes(protocol)))
  );
}

function refuseMisfit({ fleets, product }: ProductPlan, target: Target): void {
  const [strange] = fleets.flatMap(({ device }) => {
    const protocol = unspoken(device, target);
    return protocol === undefined ? [] : [`${device.id} speaks ${protocol}`];
  });
  if (strange !== undefined) {
    const says = `${product.id}: ${strange}, which the target ${target.id} does not`;
    throw new LabError("E_PLAN", says, "Choose another target, or take the device out of the fleet.");
  }
  const total = fleets.reduce((sum, { size }) => sum + size, 0);
  const most = target.gives?.devices ?? mostDevices;
  if (total > most) {
    const says = `${product.id}: the fleet needs ${total} identities, but the target ${target.id} gives ${most}`;
    throw new LabError("E_PLAN", says, "Name more devices in the identities file, or make the fleet smaller.");
  }
}

function stagesOf(
  attacks: readonly PlannedAttack[],
  disruptions: readonly PlannedDisruption[],
  restart: Restart,
): readonly Stage[] {
  const access = attacks.filter(({ attack }) => !attack.strains && attack.alsoSpeaks === undefined);
  // These go through a device of the fleet, so its link must be whole.
  const crossing = attacks.filter(({ attack }) => !attack.strains && attack.alsoSpeaks !== undefined);
  const straining = attacks
    .filter(({ attack }) => attack.strains)
    .toSorted((one, other) => Number(other.attack.wantsFreshTarget ?? 0) - Number(one.attack.wantsFreshTarget ?? 0));
  const cut = disruptions.find(({ disruption }) => disruption.severs && isOfTheLink(disruption));
  const beside = access.length > 0 && cut !== undefined ? [cut] : [];
  const alone = disruptions.filter((planned) => !beside.includes(planned));
  const last = alone.at(-1);
  const isFresh = last !== undefined && restarts(last.disruption);
  const settle = { ...stageOf("settle"), lastsMs: settleMs };
  const gentle = [
    ...(access.length > 0 ? [stageOf("access", access, beside)] : []),
    ...(crossing.length > 0 ? [stageOf("crossing", crossing)] : []),
    ...alone.map((planned) => stageOf(planned.disruption.id, [], [planned])),
  ];
  const strains = strainsOf(straining, restart, isFresh);
  return restart === "impossible" ? [settle, ...strains, ...gentle] : [settle, ...gentle, ...strains];
}

/**
 * Each alone, on a target that was restarted before where it remembers strain. Those of different protocols strain
 * different parts of a target, so where nothing has to be restarted one stage holds them all, and the engine runs those
 * of each protocol one after the other.
 */
function strainsOf(straining: readonly PlannedAttack[], restart: Restart, isFresh: boolean): readonly Stage[] {
  const protocols = new Set(straining.map(({ attack }) => attack.speaks));
  if (protocols.size > 1 && typeof restart === "string") return [stageOf("strain", straining)];
  return straining.flatMap((planned, index) => {
    const strain = stageOf(planned.attack.id, [planned]);
    if (typeof restart === "string" || (index === 0 && isFresh)) return [strain];
    return [stageOf(`fresh for ${planned.attack.id}`, [], [restart]), strain];
  });
}

/** The restart that makes a target forget strain, or why there is none. */
type Restart = PlannedDisruption | "needless" | "impossible";

function restartOf(target: Target, { disruptions }: Catalogue): Restart {
  const unit = [...disruptions.values()].find((each) => restarts(each) && lacking(each, target).length === 0);
  if (unit === undefined) return "impossible";
  if (!target.remembersStrain) return "needless";
  return plannedDisruption({ unit, parameters: jsonOf(unit.parameters.parse({})) });
}

function stageOf(
  name: string,
  attacks: readonly PlannedAttack[] = [],
  disruptions: readonly PlannedDisruption[] = [],
): Stage {
  return { name, together: false, attacks, disruptions };
}

/** 0 where the target goes on running, 1 where it is killed, 2 where it is restarted in good order. */
function restarting(disruption: Disruption): number {
  if (restarts(disruption)) return 2;
  return disruption.needs.includes("kill") ? 1 : 0;
}

function restarts({ needs }: Disruption): boolean {
  return needs.includes("restart");
}

function plannedAttack({
  unit,
  parameters,
}: {
  readonly unit: Attack;
  readonly parameters: JsonObject;
}): PlannedAttack {
  return { attack: unit, parameters };
}

/** `ifAble`, as a target that offers something can still turn out to run without it. */
function plannedDisruption({
  unit,
  parameters,
}: {
  readonly unit: Disruption;
  readonly parameters: JsonObject;
}): PlannedDisruption {
  return { disruption: unit, parameters, ifAble: true };
}
