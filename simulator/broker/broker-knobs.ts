import { z } from "zod";
import type { JsonObject } from "#contract/observation.ts";
import { count } from "#contract/parameters.ts";
import type { Posture } from "#contract/target.ts";

/** Every knob of the embedded broker as a user may set it. All are optional: a posture gives the rest. */
export const brokerKnobs = z.strictObject({
  authentication: z
    .enum(["per-device", "certificate", "shared", "none"])
    .optional()
    .describe(
      "who is admitted: a secret per device; a client certificate (TLS listeners only); one secret for all devices; anybody (credentials that are presented are still checked)",
    ),
  factoryLogin: z.boolean().optional().describe("whether admin/admin, which may do everything, is still there"),
  authorization: z
    .enum(["own-topics", "open"])
    .optional()
    .describe("whether a device may use devices/<its name>/# only, or every topic"),
  clientIds: z
    .enum(["bound", "free"])
    .optional()
    .describe("whether a client id must be the account's own, or may be any"),
  systemTopics: z.enum(["closed", "open"]).optional().describe("whether $SYS can be read"),
  parsing: z
    .enum(["strict", "lenient", "fragile"])
    .optional()
    .describe(
      "malformed packets: refused before the broker sees them; left to aedes; or like that, and one whose fields reach past its end brings the broker down for half a second",
    ),
  maxWrongSecrets: count({ atMost: 10_000 })
    .optional()
    .describe("wrong secrets in a minute before the account gets no answer; 0 sets no limit"),
  lockout: z
    .enum(["source", "account"])
    .optional()
    .describe("whom that limit locks out: the guessing source from the account, or everybody from the account"),
  maxConnections: count({ atMost: 100_000 }).optional().describe("connections at once, pending ones too; 0: no limit"),
  maxConnectionsPerAccount: count({ atMost: 100_000 })
    .optional()
    .describe("client ids connected at once with one account, the operator's excepted; 0: no limit"),
  maxPendingPerSource: count({ atMost: 100_000 })
    .optional()
    .describe("connections of one IP address that have not completed their CONNECT; 0: no limit"),
  connectsPerSecondPerSource: count({ atMost: 100_000 })
    .optional()
    .describe("new connections a second of one IP address, a second's worth in a burst; 0: no limit"),
  maxMessageBytes: count({ atMost: 268_435_455 }).optional().describe("Remaining Length of a packet; 0: no limit"),
  maxKeepAliveS: count({ atMost: 65_535 })
    .optional()
    .describe("longest keep alive, seconds; when set, a keep alive of 0 (none) is refused, too; 0: no limit"),
  connectTimeoutMs: count({ atMost: 600_000 })
    .optional()
    .describe("time from TCP accept to a complete CONNECT, ms; 0: no limit"),
  connectDeadline: z
    .enum(["absolute", "idle"])
    .optional()
    .describe("whether that time is absolute, or begins anew with each byte"),
  slowConsumer: z
    .enum(["drop", "stall"])
    .optional()
    .describe("a subscriber that does not read is disconnected, or makes everybody wait"),
  fullDisk: z
    .enum(["goes-on", "stalls"])
    .optional()
    .describe(
      "while the disk of its journal is full: it goes on without it and says so in its log; or it acknowledges no message until there is room again",
    ),
});

/** A value for every knob. */
export type BrokerKnobs = { readonly [K in keyof z.output<typeof brokerKnobs>]-?: NonNullable<Asked[K]> };
type Asked = z.output<typeof brokerKnobs>;

/** The two named postures; every value can be set on its own on top. */
export const postures: { readonly [P in Posture]: BrokerKnobs } = {
  weak: {
    authentication: "none",
    factoryLogin: true,
    authorization: "open",
    clientIds: "free",
    systemTopics: "open",
    parsing: "lenient",
    maxWrongSecrets: 0,
    lockout: "source",
    maxConnections: 0,
    maxConnectionsPerAccount: 0,
    maxPendingPerSource: 0,
    connectsPerSecondPerSource: 0,
    maxMessageBytes: 0,
    maxKeepAliveS: 0,
    connectTimeoutMs: 0,
    connectDeadline: "idle",
    slowConsumer: "stall",
    fullDisk: "stalls",
  },
  hardened: {
    authentication: "per-device",
    factoryLogin: false,
    authorization: "own-topics",
    clientIds: "bound",
    systemTopics: "closed",
    parsing: "strict",
    maxWrongSecrets: 5,
    lockout: "source",
    maxConnections: 1_000,
    maxConnectionsPerAccount: 10,
    maxPendingPerSource: 50,
    connectsPerSecondPerSource: 100,
    maxMessageBytes: 65_536,
    maxKeepAliveS: 3_600,
    connectTimeoutMs: 5_000,
    connectDeadline: "absolute",
    slowConsumer: "drop",
    fullDisk: "goes-on",
  },
};

/**
 * The knobs of a posture with some set otherwise.
 * @throws ZodError where an override is unknown or out of bounds.
 */
export function knobsOf(posture: Posture, overrides: JsonObject = {}): BrokerKnobs {
  const asked = Object.entries(brokerKnobs.parse(overrides)).filter(([, value]) => value !== undefined);
  return { ...postures[posture], ...Object.fromEntries(asked) };
}

/**
 * The same knobs with room for a fleet: limits that would keep an honest fleet of this size out (all of it comes from
 * one address, and after an outage all at once) are raised. Those that the user set are left alone.
 */
export function withRoomFor(devices: number, knobs: BrokerKnobs, asked: JsonObject): BrokerKnobs {
  const raised = (knob: (typeof crowdLimits)[number], least: number) =>
    knobs[knob] === 0 || asked[knob] !== undefined ? knobs[knob] : Math.max(knobs[knob], least);
  const room = devices + 100;
  return {
    ...knobs,
    maxConnections: raised("maxConnections", room),
    maxPendingPerSource: raised("maxPendingPerSource", devices + 50),
    connectsPerSecondPerSource: raised("connectsPerSecondPerSource", room),
    // One account for all devices: each of them is a connection of that account.
    ...(knobs.authentication === "shared" && {
      maxConnectionsPerAccount: raised("maxConnectionsPerAccount", room),
    }),
  };
}

const crowdLimits = [
  "maxConnections",
  "maxPendingPerSource",
  "connectsPerSecondPerSource",
  "maxConnectionsPerAccount",
] as const;
