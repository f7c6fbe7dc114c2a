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
  username: z.string().optional().describe("MQTT user name, or PSK identity of CoAP"),
  password: z.string().optional().describe("MQTT password, or pre-shared key of CoAP"),
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

/** A path as in a URI, query allowed. */
const path = z
  .string()
  .regex(/^[^/#]/, "must be a path without the first slash, such as devices/lock-1/command")
  .describe("A path at your CoAP server, without the first slash; a query may follow");

/** Keys of the lookup resources of a resource directory. */
export const lookupShape = { endpoints: path.optional(), resources: path.optional() };

/** Keys of the resources of a CoAP server, by what a test may use them for. */
export const resourcesShape = {
  open: path.optional().describe("Whoever asks may read it"),
  sensitive: z.array(path).default([]).describe("Only who is authorised may read these"),
  actuator: path.optional().describe("PUT sets its text and GET returns it; attacks try to set it"),
  counter: path.optional().describe("POST adds one, GET returns the number as text"),
  creatable: path.optional().describe("A PUT to a path below this one makes a new resource"),
  ticking: path.optional().describe("Observable, and changes by itself at least every two seconds"),
  large: path.optional().describe("Longer than 1,024 bytes"),
  upload: path.optional().describe("Takes a body by PUT, block by block, and returns it by GET"),
  slow: path.optional().describe("Answered some seconds later, by a separate response"),
  directory: path.optional().describe("Where endpoints register (RFC 9176)"),
  lookup: z.unknown().optional().describe("Where a resource directory is searched: endpoints, resources"),
  lwm2m: z.literal(true).optional().describe("true where it has the objects of LwM2M as paths"),
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
  resources: z
    .unknown()
    .optional()
    .describe("What the resources of your CoAP server are for; what only reads is found without it"),
};
