import type { LoadCounted } from "#contract/load.ts";

/** One quantity as three counted it. */
export interface Counted {
  readonly quantity: LoadCounted["quantity"];
  readonly generator: number;
  readonly lab: number;
  /** Absent where the target counts it not, or could not be asked. */
  readonly target?: number;
}

const tolerance = 0.02;

/** Whether the counts agree, and if not, which one is alone and what that may come from. */
export function compareCounts(given: Counted, wasCut: boolean): LoadCounted {
  const counted = withoutBlindTarget(given);
  const { generator, lab, target } = counted;
  const agree = near(generator, lab, ...(target === undefined ? [] : [target]));
  const cut = wasCut && !agree ? " The load was cut short, so packets under way were counted by one side only." : "";
  return { ...counted, agree, says: `${agree ? agreement(counted) : difference(counted)}${cut}${blindness(given)}` };
}

/**
 * What came over the wire was certainly sent, so a target that counted next to none of it counts something else: Mosquitto
 * 2.0 masks the type of a PUBLISH with 0xF6, so that `$SYS/broker/publish/messages/sent` holds those of QoS 0 alone.
 */
function isBlind({ quantity, lab, target }: Counted): boolean {
  return quantity === "delivered" && target !== undefined && lab > 0 && target <= lab * tolerance;
}

function withoutBlindTarget(counted: Counted): Counted {
  if (!isBlind(counted)) return counted;
  const { quantity, generator, lab } = counted;
  return { quantity, generator, lab };
}

function blindness(counted: Counted): string {
  return isBlind(counted) ? ` The target counts no such deliveries: ${counted.target} by its own counter.` : "";
}

function near(...counts: readonly number[]): boolean {
  const most = Math.max(...counts);
  return most - Math.min(...counts) <= most * tolerance;
}

const nouns = {
  connections: "accepted connections",
  published: "messages published",
  delivered: "messages delivered",
} satisfies { readonly [quantity in LoadCounted["quantity"]]: string };

function agreement({ quantity, generator, lab, target }: Counted): string {
  const who = target === undefined ? "Generator and lab" : "Generator, lab and target";
  const counts = [generator, lab, ...(target === undefined ? [] : [target])];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `${who} counted ${least === most ? most : `${least} to ${most}`} ${nouns[quantity]}.`;
}

function difference(counted: Counted): string {
  const { quantity, generator, lab, target } = counted;
  const numbers = [`generator ${generator}`, `lab ${lab}`, ...(target === undefined ? [] : [`target ${target}`])];
  return `Of ${nouns[quantity]} they counted: ${numbers.join(", ")}. ${reason(counted)}`;
}

function reason(counted: Counted): string {
  const { generator, lab, target } = counted;
  if (target === undefined) return generatorDiffers(counted);
  if (near(generator, lab)) return targetDiffers(counted, target);
  if (near(lab, target)) return generatorDiffers(counted);
  if (near(generator, target)) return "The lab is alone: traffic went past its relay, or its relay missed packets.";
  return "No two agree, so none of these numbers can be relied on.";
}

function targetDiffers({ quantity, lab }: Counted, target: number): string {
  if (target > lab) return "The target is alone with more: others used it meanwhile, so its number cannot be compared.";
  if (quantity === "delivered") return "The target is alone with fewer: it counts some deliveries not at all.";
  return "The target is alone with fewer: it took no note of what came over the wire, or lost its counters in a restart.";
}

function generatorDiffers({ generator, lab }: Counted): string {
  if (generator < lab) return "The generator is alone with fewer: it ended before it had counted what was under way.";
  return "The generator is alone with more: what it sent while a connection broke never left this machine.";
}
