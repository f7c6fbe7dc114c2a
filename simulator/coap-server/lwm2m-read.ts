import { code } from "../coap/code.ts";
import { type TlvEntry, writeTlv } from "../coap/lwm2m-tlv.ts";
import { contentFormat } from "../coap/option.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import type { Lwm2mDevice } from "./lwm2m-device.ts";
import { objectTypes } from "./lwm2m-objects.ts";
import { bytesOf, entryOf, textOf } from "./lwm2m-value.ts";
import { acceptOf, content } from "./representation.ts";

/** Object, instance, resource; as many as the path has. */
export type Ids = readonly [number, number?, number?];

/** Whether everything of an object may be read, as object 0 may by nobody but for the weakness of it. */
export interface ReadRights {
  readonly isEverythingReadable: boolean;
}

/** Answers a Read, or a Discover where link-format is asked for. */
export function readOf(
  device: Lwm2mDevice,
  ids: Ids,
  request: Pick<CoapRequest, "options">,
  rights: ReadRights,
): CoapResponse {
  const accept = acceptOf(request);
  if (accept === contentFormat.link) return content(linksOf(device, ids), contentFormat.link);
  const [object, instance, resource] = ids;
  if (instance === undefined) {
    const entries = device
      .instances(object)
      .map((id): TlvEntry => ({ kind: "object-instance", id, entries: entriesOf(device, object, id, rights) }));
    return content(writeTlv(entries), contentFormat.lwm2mTlv);
  }
  if (!device.instances(object).includes(instance)) return { code: code.notFound };
  if (resource === undefined)
    return content(writeTlv(entriesOf(device, object, instance, rights)), contentFormat.lwm2mTlv);
  return readOne(device, [object, instance, resource], accept, rights);
}

function readOne(
  device: Lwm2mDevice,
  [object, instance, resource]: readonly [number, number, number],
  accept: number | undefined,
  rights: ReadRights,
): CoapResponse {
  if (objectTypes[object]?.[resource] === undefined) return { code: code.notFound };
  if (!isReadable(object, resource, rights)) return { code: code.methodNotAllowed };
  const value = device.read(`${object}/${instance}/${resource}`);
  if (value === undefined) return { code: code.notFound };
  if (accept === contentFormat.lwm2mTlv) return content(writeTlv([entryOf(resource, value)]), contentFormat.lwm2mTlv);
  const isOpaque = Buffer.isBuffer(value) && accept !== contentFormat.text;
  return isOpaque ? content(bytesOf(value), contentFormat.octets) : content(textOf(value));
}

function entriesOf(device: Lwm2mDevice, object: number, instance: number, rights: ReadRights): readonly TlvEntry[] {
  return device.resources(object, instance).flatMap((resource) => {
    const value = device.read(`${object}/${instance}/${resource}`);
    return value !== undefined && isReadable(object, resource, rights) ? [entryOf(resource, value)] : [];
  });
}

function isReadable(object: number, resource: number, { isEverythingReadable }: ReadRights): boolean {
  const does = objectTypes[object]?.[resource]?.does;
  return does === "R" || does === "RW" || (does === "none" && isEverythingReadable);
}

function linksOf(device: Lwm2mDevice, ids: Ids): string {
  const [object] = ids;
  const instances = device.instances(object);
  const resources = instances.flatMap((id) => device.resources(object, id).map((each) => `/${object}/${id}/${each}`));
  const below = `/${ids.join("/")}`;
  return [...instances.map((id) => `/${object}/${id}`), ...resources]
    .filter((path) => path === below || path.startsWith(`${below}/`))
    .map((path) => `<${path}>`)
    .join(",");
}
