import { code } from "../coap/code.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import { type Area, type Resource, refusalOf } from "./area.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { Lwm2mDevice } from "./lwm2m-device.ts";
import { objectTypes } from "./lwm2m-objects.ts";
import { type Ids, readOf } from "./lwm2m-read.ts";
import { changesIn } from "./lwm2m-write.ts";
import type { Principal } from "./principal.ts";

type Rules = Pick<DeviceServerKnobs, "lwSecurityObject" | "lwAccess" | "lwBootstrap" | "lwTlv">;

const security = 0;
const server = 1;

/** The objects of LwM2M as paths, `/3/0/0`, and the bootstrap interface (LwM2M 1.0 §5.2): `DELETE /` and `POST /bs`. */
export function lwm2mArea(
  device: Lwm2mDevice,
  rules: Rules,
  told: { readonly changed: (path: string) => void; readonly bootstrapped: () => void },
): Area {
  const resourceAt = (ids: Ids): Resource => ({
    isObservable: true,
    get: (request) => readOf(device, ids, request, { isEverythingReadable: rules.lwSecurityObject === "readable" }),
    put: (request) => write(ids, request, "replace"),
    post: (request) => {
      const [object, instance, resource] = ids;
      const isExecutable = resource !== undefined && objectTypes[object]?.[resource]?.does === "E";
      if (!isExecutable) return write(ids, request, "update");
      return { code: device.execute(`${object}/${instance}/${resource}`) ?? code.notFound };
    },
    delete: () => {
      const [object, instance, resource] = ids;
      if (!isBootstrap(object) || resource !== undefined) return { code: code.methodNotAllowed };
      device.remove(object, instance);
      return { code: code.deleted };
    },
  });

  /** Objects 0 and 1 are written by whoever comes, where the bootstrap interface is open. */
  const isBootstrap = (object: number) => rules.lwBootstrap === "open" && (object === security || object === server);

  const write = ([object, instance, resource]: Ids, request: CoapRequest, how: "replace" | "update"): CoapResponse => {
    if (instance === undefined) return { code: code.methodNotAllowed };
    const place = { object, instance, ...(resource !== undefined && { resource }) };
    const isNew = !device.instances(object).includes(instance);
    if (isNew && !isBootstrap(object)) return { code: code.notFound };
    const rights = { isBootstrap: isBootstrap(object), isLenient: rules.lwTlv === "lenient" };
    const changes = changesIn(request, place, rights);
    if (typeof changes === "number") return { code: changes };
    if (how === "replace" && resource === undefined && rights.isBootstrap) device.remove(object, instance);
    let answered: number = code.changed;
    for (const change of changes) {
      const path = `${object}/${instance}/${change.resource}`;
      const refused = device.write(path, change.value);
      if (refused === undefined) told.changed(path);
      else answered = refused;
    }
    return { code: answered };
  };

  const refusal = (object: number, by: Principal, method: number): number | undefined => {
    const isAllowed = rules.lwAccess === "any" || by.role === "staff";
    if (method !== code.get && isBootstrap(object)) return undefined;
    if (object !== security) return isAllowed ? undefined : refusalOf(by);
    if (method !== code.get) return refusalOf(by);
    if (rules.lwSecurityObject === "readable") return undefined;
    return isAllowed ? code.methodNotAllowed : refusalOf(by);
  };

  return {
    roots: ["", "bs", ...Object.keys(objectTypes)],
    refusal([root], by, method) {
      if (root !== undefined && root !== "bs") return refusal(Number(root), by, method);
      const isOpen = rules.lwBootstrap === "open" || (root === undefined && method !== code.delete);
      return isOpen ? undefined : refusalOf(by);
    },
    find(path) {
      const [root] = path;
      if (root === undefined) return rules.lwBootstrap === "open" ? { delete: () => forgetAll(device) } : undefined;
      if (root === "bs") return path.length === 1 ? { post: () => finish(told) } : undefined;
      const ids = idsOf(path);
      return ids === undefined ? undefined : resourceAt(ids);
    },
    links: () =>
      Object.keys(objectTypes)
        .map(Number)
        .flatMap((object) => device.instances(object).map((instance) => [String(object), String(instance)]))
        .map((path) => ({ path, attributes: {} })),
  };
}

function forgetAll(device: Lwm2mDevice): CoapResponse {
  for (const object of [security, server]) device.remove(object);
  return { code: code.deleted };
}

function finish({ bootstrapped }: { readonly bootstrapped: () => void }): CoapResponse {
  bootstrapped();
  return { code: code.changed };
}

function idsOf(path: readonly string[]): Ids | undefined {
  if (path.length > 3 || !path.every((segment) => /^(0|[1-9]\d{0,4})$/.test(segment))) return undefined;
  const [object = 0, instance, resource] = path.map(Number);
  if (instance === undefined) return [object];
  return resource === undefined ? [object, instance] : [object, instance, resource];
}
