import type { RunHeader } from "#contract/record.ts";
import type { Fidelity } from "#contract/target.ts";

const leastTrueFirst: readonly Fidelity[] = ["simulated", "emulated", "physical"];

/**
 * How true a run is to the product: as true as its least true part. The devices of a fleet are simulated, so a run
 * with a fleet is simulated even where the broker is the real one.
 */
export function fidelityOf({ target, fleets }: Pick<RunHeader, "target" | "fleets">): Fidelity {
  return fleets.length > 0 ? "simulated" : target.fidelity;
}

/** Whether a target of this fidelity can answer a question that needs at least `minimum`. */
export function reaches(fidelity: Fidelity, minimum: Fidelity): boolean {
  return leastTrueFirst.indexOf(fidelity) >= leastTrueFirst.indexOf(minimum);
}
