import { code } from "../coap/code.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import type { Principal } from "./principal.ts";

/** What a method of a resource does. */
export type Act = (request: CoapRequest, by: Principal) => CoapResponse;

/** One resource; a method that is absent is answered with 4.05. */
export interface Resource {
  readonly get?: Act;
  readonly put?: Act;
  readonly post?: Act;
  readonly delete?: Act;
  readonly isObservable?: boolean;
}

/** A resource as `/.well-known/core` lists it. */
export interface Link {
  readonly path: readonly string[];
  /** Attributes of RFC 6690, each with its value. */
  readonly attributes: { readonly [name: string]: string };
}

/** Resources that belong together, and the one rule by which they are used. */
export interface Area {
  /** First segments of its paths; the empty one for the path without segments. */
  readonly roots: readonly string[];
  /** The code with which this principal is turned away; undefined where it may go on. Also asked for paths where nothing is. */
  refusal(path: readonly string[], by: Principal, method: number): number | undefined;
  find(path: readonly string[]): Resource | undefined;
  links(): readonly Link[];
}

/** 4.01 to who has not said who it is, 4.03 to who may not. */
export function refusalOf(by: Principal): number {
  return by.isAuthenticated ? code.forbidden : code.unauthorized;
}

/** The rule of what belongs to the operator. */
export function staffOnly(by: Principal): number | undefined {
  return by.role === "staff" ? undefined : refusalOf(by);
}
