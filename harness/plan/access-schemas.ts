import type { JsonObject } from "#contract/observation.ts";
import {
  certificateShape,
  deviceIdentityShape,
  devicesShape,
  identitiesShape,
  identityShape,
  lookupShape,
  resourcesShape,
  topicsShape,
} from "./identities-shape.ts";
import { dialect } from "./scenario-schema.ts";
import { scopeLimitsShape, scopeShape, scopeTargetShape } from "./scope-file.ts";
import { mappingSchema } from "./unit-schemas.ts";

/** The JSON Schema of scope files. */
export function scopeSchema(): JsonObject {
  const schema = mappingSchema(scopeShape, {
    targets: { items: mappingSchema(scopeTargetShape) },
    limits: mappingSchema(scopeLimitsShape),
  });
  return { $schema: dialect, title: "What seatrial may attack beside loopback", ...schema };
}

/** The JSON Schema of identities files. */
export function identitiesSchema(): JsonObject {
  const topics = { anyOf: [{ type: "string" }, mappingSchema(topicsShape)] };
  const certificate = mappingSchema(certificateShape);
  const device = mappingSchema(deviceIdentityShape, { certificate, topics });
  const schema = mappingSchema(identitiesShape, {
    operator: mappingSchema(identityShape, { certificate }),
    witness: mappingSchema(identityShape, { certificate }),
    intruder: device,
    victim: device,
    topics,
    devices: { items: mappingSchema(devicesShape, { certificate, topics }) },
    resources: mappingSchema(resourcesShape, { lookup: mappingSchema(lookupShape) }),
  });
  return { $schema: dialect, title: "Who may enter a target of your own", ...schema };
}
