import { z } from "zod";
import { count } from "#contract/parameters.ts";
import { mostDevices } from "./fleet-list.ts";

/** One topic, not a filter. */
export const topic = z
  .string()
  .min(1)
  .regex(/^[^+#\0]+$/, "must be one topic: + and # belong to filters");

/** Keys of the topics of a device; `{clientId}` and `{username}` stand for the device's own. */
export const topicsShape = {
  telemetry: topic.optional().describe("What it publishes readings to"),
  state: topic.optional().describe("What it publishes its state to"),
  command: topic.optional().describe("What it takes commands from"),
  config: topic.optional().describe("What it takes settings from"),
};

/** Keys of a certificate. */
export const certificateShape = { cert: z.string().min(1), key: z.string().min(1) };

/** Keys of one identity. */
export const identityShape = {
  clientId: z.string().min(1).describe("MQTT client id; {n} is the number of the device where count is given"),
  username: z.string().optional().describe("MQTT user name"),
  password: z.string().optional().describe("MQTT password"),
  certificate: z.unknown().optional().describe("PEM pair, or the paths of two PEM files: cert, key"),
};

/** Keys of an identity that has topics. */
export const deviceIdentityShape = {
  ...identityShape,
  topics: z.unknown().optional().describe("Topics of this device, where they differ from the file's"),
};

/** Keys of an entry under `devices`. */
export const devicesShape = {
  ...deviceIdentityShape,
  count: count({ atLeast: 1, atMost: mostDevices }).default(1).describe("So many devices, numbered by {n} from 0001"),
};

/** Keys of an identities file. */
export const identitiesShape = {
  operator: z.unknown().optional().describe("May read and write the topics of every device"),
  witness: z
    .unknown()
    .optional()
    .describe("May read all telemetry and counts what arrives; the operator does it where this is absent"),
  intruder: z.unknown().optional().describe("A device of your own that attacks are made with"),
  victim: z.unknown().optional().describe("A device of your own that attacks are aimed at"),
  topics: z
    .unknown()
    .optional()
    .describe(
      "What the topics of a device lie below, devices/{clientId} unless told otherwise; or each topic by its name",
    ),
  devices: z.array(z.unknown()).default([]).describe("Identities for the simulated fleet"),
};
