import { z } from "zod";
import type { JsonObject } from "#contract/observation.ts";
import type { Posture } from "#contract/target.ts";
import { hardenedServer, weakServer } from "../coap/server-knobs.ts";
import { hardenedDtls, weakDtls } from "../dtls/server-knobs.ts";
import { accessShape, directoryShape, lwm2mShape, proxyShape } from "./access-knobs.ts";
import { callerShape } from "./caller-knobs.ts";
import { dtlsShape } from "./dtls-knobs.ts";
import { faultShape } from "./fault-knobs.ts";
import { messageShape } from "./message-knobs.ts";

/** Every knob of the embedded device server as a user may set it. All are optional: a posture gives the rest. */
export const coapServerKnobs = z.strictObject({
  ...accessShape,
  ...proxyShape,
  ...directoryShape,
  ...lwm2mShape,
  ...messageShape,
  ...dtlsShape,
  ...faultShape,
  ...callerShape,
});

/** A value for every knob. */
export type DeviceServerKnobs = { readonly [K in keyof Asked]-?: NonNullable<Asked[K]> };
type Asked = z.output<typeof coapServerKnobs>;

/** The two named postures; every value can be set on its own on top. */
export const coapServerPostures: { readonly [P in Posture]: DeviceServerKnobs } = {
  weak: {
    ...weakServer,
    ...weakDtls,
    plainAccess: "open",
    pathAuthorization: "open",
    routing: "lenient",
    discovery: "everything",
    creation: "anyone",
    pskKeys: "default",
    proxy: "open",
    proxyCache: "shared",
    hopLimit: "ignored",
    rdOwnership: "overwrite",
    rdLookup: "open",
    maxRegistrations: 0,
    lookupPaging: "whole",
    lwSecurityObject: "readable",
    lwAccess: "any",
    lwBootstrap: "open",
    lwPackageUri: "any",
    lwFirmwareState: "loose",
    lwIdentity: "free",
    lwTlv: "lenient",
    tcpFraming: "lenient",
    plantedFault: "crash",
    callerTokens: "short",
    callerMatching: "token-only",
    callerFreshness: "off",
    callerRetries: "constant",
    callerOverload: "ignores",
    callerPort: "fixed",
    callerFallback: "plain",
  },
  hardened: {
    ...hardenedServer,
    ...hardenedDtls,
    plainAccess: "public-only",
    pathAuthorization: "own-paths",
    routing: "exact",
    discovery: "public-only",
    creation: "closed",
    pskKeys: "per-device",
    proxy: "none",
    proxyCache: "separate",
    hopLimit: "kept",
    rdOwnership: "first-come",
    rdLookup: "authorised",
    maxRegistrations: 8,
    lookupPaging: "pages",
    lwSecurityObject: "unreadable",
    lwAccess: "owner",
    lwBootstrap: "closed",
    lwPackageUri: "allow-list",
    lwFirmwareState: "checked",
    lwIdentity: "bound",
    lwTlv: "strict",
    tcpFraming: "strict",
    plantedFault: "none",
    callerTokens: "random",
    callerMatching: "endpoint-and-token",
    callerFreshness: "checked",
    callerRetries: "backoff",
    callerOverload: "heeds",
    callerPort: "random",
    callerFallback: "never",
  },
};

/**
 * The knobs of a posture with some set otherwise.
 * @throws ZodError where an override is unknown or out of bounds.
 */
export function coapServerKnobsOf(posture: Posture, overrides: JsonObject = {}): DeviceServerKnobs {
  const asked = Object.entries(coapServerKnobs.parse(overrides)).filter(([, value]) => value !== undefined);
  return { ...coapServerPostures[posture], ...Object.fromEntries(asked) };
}

/**
 * The same knobs with room for a fleet: limits that would keep an honest fleet of this size out (all of it comes from
 * one address, and after an outage all at once) are raised. Those that the user set are left alone.
 */
export function withRoomForFleet(devices: number, knobs: DeviceServerKnobs, asked: JsonObject): DeviceServerKnobs {
  const raised = (knob: (typeof crowdLimits)[number], least: number) =>
    knobs[knob] === 0 || asked[knob] !== undefined ? knobs[knob] : Math.max(knobs[knob], least);
  return {
    ...knobs,
    maxRequestsPerSecond: raised("maxRequestsPerSecond", devices * 3 + 100),
    maxObservers: raised("maxObservers", devices * 2 + 64),
    maxRememberedIds: raised("maxRememberedIds", devices * 64),
    maxPendingSeparate: raised("maxPendingSeparate", devices),
    maxUploads: raised("maxUploads", devices + 50),
    maxHandshakes: raised("maxHandshakes", devices + 50),
    maxSessions: raised("maxSessions", devices + 1_000),
  };
}

const crowdLimits = [
  "maxRequestsPerSecond",
  "maxObservers",
  "maxRememberedIds",
  "maxPendingSeparate",
  "maxUploads",
  "maxHandshakes",
  "maxSessions",
] as const;
