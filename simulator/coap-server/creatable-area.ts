import { code } from "../coap/code.ts";
import { contentFormat } from "../coap/option.ts";
import { type Area, type Resource, staffOnly } from "./area.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { content, formatOf, unmetPrecondition } from "./representation.ts";

/** So that not even the open door fills the memory of the lab. */
const mostResources = 5_000;

/** `new/<name>`: comes to be by PUT and goes by DELETE. */
export function creatableArea(
  { creation }: Pick<DeviceServerKnobs, "creation">,
  changed: (path: string) => void,
): Area {
  const held = new Map<string, { readonly payload: Uint8Array; readonly format: number }>();
  const resource = (name: string): Resource => {
    const path = `new/${name}`;
    const found = held.get(name);
    return {
      isObservable: true,
      get: () => (found === undefined ? { code: code.notFound } : content(found.payload, found.format)),
      put: (request) => {
        const unmet = unmetPrecondition(request, held.has(name));
        if (unmet !== undefined) return unmet;
        const isNew = !held.has(name);
        if (isNew && held.size >= mostResources) return { code: code.serviceUnavailable };
        held.set(name, { payload: Buffer.from(request.payload), format: formatOf(request) ?? contentFormat.text });
        changed(path);
        return { code: isNew ? code.created : code.changed };
      },
      delete: () => {
        if (held.delete(name)) changed(path);
        return { code: code.deleted };
      },
    };
  };
  return {
    roots: ["new"],
    refusal: (_, by) => (creation === "anyone" ? undefined : staffOnly(by)),
    find: ([, name = "", ...more]) => (name === "" || more.length > 0 ? undefined : resource(name)),
    links: () => [...held.keys()].map((name) => ({ path: ["new", name], attributes: {} })),
  };
}
