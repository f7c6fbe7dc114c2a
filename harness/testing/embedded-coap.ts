import type { Ground } from "#contract/attack.ts";
import type { CoapScheme } from "#contract/bench.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Posture, RunningTarget } from "#contract/target.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { benchOf, loopback, realClock } from "./bench.ts";

const schemes: readonly CoapScheme[] = ["coap", "coaps", "coap+tcp"];

/** The embedded CoAP target of a test, with these knobs on top of its posture, and room for three devices. */
export function startEmbeddedCoap(knobs: JsonObject = {}, posture: Posture = "hardened"): Promise<RunningTarget> {
  return embeddedCoap.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture, knobs, devices: 3, lease: () => {}, environment: {} },
  );
}

/** What the engine would give an attack on it. */
export function groundOfEmbeddedCoap(target: RunningTarget): Ground {
  const { main, identities, facts, resources, caller } = target;
  const listeners = schemes.flatMap((scheme) => target.address(scheme) ?? []);
  return { at: main, listeners, identities, facts, ...(resources && { resources }), ...(caller && { caller }) };
}
