import { z } from "zod";
import type { JsonObject } from "#contract/observation.ts";
import { count } from "#contract/parameters.ts";
import type { Posture } from "#contract/target.ts";
import type { PskKeys } from "./coap-identities.ts";

/** How a coap-server is set up. */
export interface ServerKnobs {
  readonly dynamicResources: number;
  readonly proxy: boolean;
  readonly multicast: boolean;
  readonly pskKeys: PskKeys;
}

/** Knobs of every coap-server. */
export const plainServerKnobs = z.strictObject({
  dynamicResources: count({ atLeast: 0, atMost: 10_000 })
    .optional()
    .describe("resources that clients may create (-d) beside those that a fleet needs: 100 weak, 0 hardened"),
  proxy: z.boolean().optional().describe("forwards the requests of anybody to any server (-P): false unless asked for"),
  multicast: z
    .boolean()
    .optional()
    .describe("a second server joins 224.0.1.187 on the loopback interface (-g): false unless asked for"),
});

/** Knobs of a coap-server that speaks DTLS. */
export const secureServerKnobs = plainServerKnobs.extend({
  pskKeys: z
    .enum(["per-device", "shared", "default"])
    .optional()
    .describe("whose PSK is whose: each device's own (hardened), one for all, or secretPSK as manuals have it (weak)"),
});

const weak: ServerKnobs = { dynamicResources: 100, proxy: false, multicast: false, pskKeys: "default" };
const hardened: ServerKnobs = { dynamicResources: 0, proxy: false, multicast: false, pskKeys: "per-device" };

/** The knobs of a posture, with what was asked for on top. */
export function serverKnobsOf(posture: Posture, asked: JsonObject): ServerKnobs {
  const given = secureServerKnobs.parse(asked);
  const own = posture === "weak" ? weak : hardened;
  return {
    dynamicResources: given.dynamicResources ?? own.dynamicResources,
    proxy: given.proxy ?? own.proxy,
    multicast: given.multicast ?? own.multicast,
    pskKeys: given.pskKeys ?? own.pskKeys,
  };
}
