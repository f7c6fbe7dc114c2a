import type { Attack } from "./attack.ts";
import type { Disruption } from "./disruption.ts";
import type { Fleet } from "./fleet.ts";
import type { Load } from "./load.ts";
import type { JsonObject } from "./observation.ts";
import type { Product } from "./product.ts";
import type { Expectation } from "./record.ts";
import type { Posture, Target } from "./target.ts";

/** An attack with its parameters, ready to run. */
export interface PlannedAttack {
  readonly attack: Attack;
  /** Already parsed by the attack's schema. */
  readonly parameters: JsonObject;
}

/** A disruption with its parameters, ready to run. */
export interface PlannedDisruption {
  readonly disruption: Disruption;
  readonly parameters: JsonObject;
  /** Skip it (and say so in the record) where the target lacks a capability, instead of refusing the plan. */
  readonly ifAble: boolean;
}

/** A load with its parameters, ready to run. */
export interface PlannedLoad {
  readonly load: Load;
  readonly parameters: JsonObject;
  /** Skip it (and say so in the record) where the target has no listener for it, instead of refusing the plan. */
  readonly ifAble: boolean;
}

/**
 * A stretch of a run. Without `lastsMs` it ends when its loads and attacks have ended and its disruptions were lifted and watched;
 * with it, it lasts just so long, and a load or attack that is not through by then is told to stop.
 */
export interface Stage {
  readonly name: string;
  readonly lastsMs?: number;
  readonly attacks: readonly PlannedAttack[];
  /** Attacks of this stage run side by side; otherwise one after the other. */
  readonly together: boolean;
  readonly disruptions: readonly PlannedDisruption[];
  /** Loads of this stage, all from its start; absent where it has none. */
  readonly loads?: readonly PlannedLoad[];
  /** Attacks and disruptions begin so long after the stage, so that its loads have a before, milliseconds; 0 where absent. */
  readonly afterMs?: number;
}

/** A whole plan: units in place of names, parameters parsed. What `run` takes. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly target: Target;
  readonly posture: Posture;
  readonly knobs: JsonObject;
  readonly fleets: readonly Fleet[];
  readonly stages: readonly Stage[];
  readonly expects: readonly Expectation[];
  readonly product?: Product;
}
