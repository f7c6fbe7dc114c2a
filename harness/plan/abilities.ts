import type { Disruption } from "#contract/disruption.ts";
import type { Capability, Protocol, Target } from "#contract/target.ts";

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

/** A unit that speaks one protocol, and perhaps further ones. */
export interface Speaker {
  readonly speaks: Protocol;
  readonly alsoSpeaks?: readonly Protocol[];
}

/** All protocols of a unit. */
export function protocolsOf({ speaks, alsoSpeaks = [] }: Speaker): readonly Protocol[] {
  return [speaks, ...alsoSpeaks];
}

/** The first protocol of a unit that this target does not speak; undefined where it speaks them all. */
export function unspoken(unit: Speaker, { speaks }: Pick<Target, "speaks">): Protocol | undefined {
  return protocolsOf(unit).find((protocol) => !speaks.includes(protocol));
}
