import type { ValueType } from "./lwm2m-value.ts";

/** What may be done with a resource: read, written, executed. */
export interface ResourceType {
  readonly does: "R" | "W" | "RW" | "E" | "none";
  readonly type: ValueType;
}

const is = (does: ResourceType["does"], type: ValueType = "string"): ResourceType => ({ does, type });

/** Resources by object and id, as the OMA registry has them; those of object 0 are for the bootstrap server alone. */
export const objectTypes: { readonly [object: number]: { readonly [resource: number]: ResourceType } } = {
  0: {
    0: is("none"),
    1: is("none", "boolean"),
    2: is("none", "integer"),
    3: is("none", "opaque"),
    4: is("none", "opaque"),
    5: is("none", "opaque"),
    10: is("none", "integer"),
  },
  1: {
    0: is("R", "integer"),
    1: is("RW", "integer"),
    6: is("RW", "boolean"),
    7: is("RW"),
    8: is("E"),
  },
  3: {
    0: is("R"),
    1: is("R"),
    2: is("R"),
    3: is("R"),
    4: is("E"),
    5: is("E"),
    9: is("R", "integer"),
    13: is("RW", "integer"),
    14: is("RW"),
    16: is("R"),
  },
  5: {
    0: is("W", "opaque"),
    1: is("RW"),
    2: is("E"),
    3: is("R", "integer"),
    5: is("R", "integer"),
    7: is("R"),
    9: is("R", "integer"),
    10: is("E"),
  },
};
