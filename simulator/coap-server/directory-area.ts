import { code } from "../coap/code.ts";
import { contentFormat, option, optionNumber } from "../coap/option.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import { type Area, type Resource, refusalOf } from "./area.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { lookupEndpoints, lookupResources } from "./directory-lookup.ts";
import { readLinks } from "./link-format.ts";
import type { Principal } from "./principal.ts";
import type { Registered, Registration, Registrations } from "./registrations.ts";
import { content, queryOf } from "./representation.ts";

type Rules = Pick<DeviceServerKnobs, "rdOwnership" | "rdLookup" | "maxRegistrations" | "lookupPaging" | "lwIdentity">;

/** 25 hours, unless an endpoint says otherwise (RFC 9176 §5). */
const usualLifetimeS = 90_000;
const longestLifetimeS = 0xffff_ffff;
/** So that not even a directory without limits fills the memory of the lab. */
const mostRegistrations = 20_000;

/** A resource directory (RFC 9176): `rd` and what is registered there, `rd-lookup/ep` and `rd-lookup/res`. */
export function directoryArea(registrations: Registrations, rules: Rules): Area {
  /** Whether it may take that name; LwM2M binds names to credentials, a directory to who came first. */
  const mayHave = ({ isLwm2m, ep, d }: Pick<Registered, "isLwm2m" | "ep" | "d">, by: Principal): boolean => {
    if (isLwm2m) return rules.lwIdentity === "free" || (by.isAuthenticated && by.name === ep);
    const known = registrations.byName({ ep, d, isLwm2m });
    return known === undefined || mayChange(known, by);
  };
  const mayChange = ({ isLwm2m, owner }: Registration, by: Principal): boolean =>
    (isLwm2m ? rules.lwIdentity === "free" : rules.rdOwnership === "overwrite") || owner === by.name;

  const register = (request: CoapRequest, by: Principal): CoapResponse => {
    const asked = registeredBy(request);
    if (asked === undefined) return { code: code.badRequest };
    if (!mayHave(asked, by)) return { code: refusalOf(by) };
    const known = registrations.byName(asked);
    const isFull = rules.maxRegistrations > 0 && registrations.countOf(by) >= rules.maxRegistrations;
    if (known === undefined && (isFull || registrations.all().length >= mostRegistrations)) {
      return { code: code.serviceUnavailable };
    }
    const { id } = registrations.keep(asked, { owner: by.name, countedAs: by.countedAs }, known?.id);
    return { code: code.created, options: ["rd", id].map((part) => option(optionNumber.locationPath, part)) };
  };

  const entry = (registration: Registration): Resource => {
    const { id } = registration;
    const whereAllowed = (act: () => CoapResponse, by: Principal) =>
      mayChange(registration, by) ? act() : { code: refusalOf(by) };
    const update = (request: CoapRequest): CoapResponse => {
      const lifetimeS = lifetimeOf(request) ?? registration.lifetimeS;
      const links = request.payload.length === 0 ? registration.links : readLinks(request.payload.toString());
      if (lifetimeS === undefined || links === undefined) return { code: code.badRequest };
      const base = queryOf(request, "base") ?? registration.base;
      const { owner, countedAs } = registration;
      registrations.keep({ ...registration, lifetimeS, links, base }, { owner, countedAs }, id);
      return { code: code.changed };
    };
    const remove = (): CoapResponse => {
      registrations.remove(id);
      return { code: code.deleted };
    };
    return {
      post: (request, by) => whereAllowed(() => update(request), by),
      put: (request, by) => whereAllowed(() => update(request), by),
      delete: (_, by) => whereAllowed(remove, by),
    };
  };

  const lookup = (look: typeof lookupEndpoints): Resource => ({
    isObservable: true,
    get: ({ query }) => content(look(registrations.all(), query, rules.lookupPaging), contentFormat.link),
  });

  return {
    roots: ["rd", "rd-lookup"],
    refusal: ([root], by) => {
      const isOpen = root === "rd-lookup" && rules.rdLookup === "open";
      return isOpen || by.isAuthenticated || by.role === "staff" ? undefined : refusalOf(by);
    },
    find([root, name, ...more]) {
      if (more.length > 0) return undefined;
      if (root === "rd" && name === undefined) return { post: register };
      if (root === "rd-lookup" && name === "ep") return lookup(lookupEndpoints);
      if (root === "rd-lookup" && name === "res") return lookup(lookupResources);
      const registration = root === "rd" && name !== undefined ? registrations.byId(name) : undefined;
      return registration === undefined ? undefined : entry(registration);
    },
    links: () =>
      [
        ["rd", "core.rd"],
        ["rd-lookup/ep", "core.rd-lookup-ep"],
        ["rd-lookup/res", "core.rd-lookup-res"],
      ].map(([path = "", rt = ""]) => ({ path: path.split("/"), attributes: { rt, ct: String(contentFormat.link) } })),
  };
}

/** What a registration says; undefined where RFC 9176 §5 calls it wrong. */
function registeredBy(request: CoapRequest): Registered | undefined {
  const ep = queryOf(request, "ep") ?? "";
  const lifetimeS = queryOf(request, "lt") === undefined ? usualLifetimeS : lifetimeOf(request);
  const links = readLinks(request.payload.toString());
  if (ep === "" || Buffer.byteLength(ep) > 63 || lifetimeS === undefined || links === undefined) return undefined;
  const { host, port, identity } = request.peer;
  return {
    ep,
    d: queryOf(request, "d") ?? "",
    base: queryOf(request, "base") ?? `${identity === undefined ? "coap" : "coaps"}://${host}:${port}`,
    lifetimeS,
    isLwm2m: queryOf(request, "lwm2m") !== undefined,
    links,
  };
}

function lifetimeOf(request: CoapRequest): number | undefined {
  const text = queryOf(request, "lt") ?? "";
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return seconds >= 1 && seconds <= longestLifetimeS ? seconds : undefined;
}
