import type { Disruption } from "#contract/disruption.ts";
import type { Capability, Target } from "#contract/target.ts";

/** The lab puts its own TCP link between fleet and target, so these need nothing of the target. */
const ofTheLink: ReadonlySet<Capability> = new Set(["cutLink", "slowLink"]);

/** Whether the lab's own link does all of it, so that it touches the fleet and never the target. */
export function isOfTheLink({ needs }: Disruption): boolean {
  return needs.every((capability) => ofTheLink.has(capability));
}

/** Capabilities that a disruption needs and neither this target nor the link to it has. */
export function lacking({ needs }: Disruption, { offers }: Target): readonly Capability[] {
  return needs.filter((capability) => !offers.includes(capability) && !ofTheLink.has(capability));
}
