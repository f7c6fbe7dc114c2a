import { code } from "../coap/code.ts";
import { isTlv, readTlv, type TlvEntry } from "../coap/lwm2m-tlv.ts";
import { contentFormat } from "../coap/option.ts";
import type { CoapRequest } from "../coap/serving.ts";
import { objectTypes } from "./lwm2m-objects.ts";
import { type Value, type ValueType, valueOfBytes, valueOfText } from "./lwm2m-value.ts";
import { formatOf } from "./representation.ts";

/** One value to be written, and where. */
export interface Change {
  readonly resource: number;
  readonly value: Value;
}

/** Where a body is written to; without `resource` to the whole instance. */
export interface WritePlace {
  readonly object: number;
  readonly instance: number;
  readonly resource?: number;
}

/** How much is allowed: a bootstrap server writes what nobody else may; a lenient reader takes TLV that is none. */
export interface WriteRights {
  readonly isBootstrap: boolean;
  readonly isLenient: boolean;
}

/** What a body says is to be written, all of it or, as an error code, nothing. */
export function changesIn(
  request: Pick<CoapRequest, "options" | "payload">,
  place: WritePlace,
  rights: WriteRights,
): readonly Change[] | number {
  const format = formatOf(request) ?? contentFormat.text;
  if (format === contentFormat.lwm2mTlv) return changesInTlv(request.payload, place, rights);
  const { object, resource } = place;
  if (resource === undefined || (format !== contentFormat.text && format !== contentFormat.octets)) {
    return code.unsupportedContentFormat;
  }
  const type = writableType(object, resource, rights);
  if (typeof type === "number") return type;
  const isRaw = format === contentFormat.octets || type === "opaque";
  const value = isRaw ? valueOfBytes(request.payload, type) : valueOfText(request.payload.toString(), type);
  return value === undefined ? code.badRequest : [{ resource, value }];
}

function changesInTlv(body: Buffer, place: WritePlace, rights: WriteRights): readonly Change[] | number {
  const read = readTlv(body, { lenient: rights.isLenient });
  if (!isTlv(read)) return code.badRequest;
  const changes: Change[] = [];
  for (const entry of resourcesIn(read, place.instance)) {
    const change = changeOf(entry, place, rights);
    if (typeof change !== "number") changes.push(change);
    // A lenient reader takes what it understands and drops the rest without a word.
    else if (!rights.isLenient) return change;
  }
  return changes;
}

/** Entries may lie in an entry for the instance, or not. */
function resourcesIn(entries: readonly TlvEntry[], instance: number): readonly TlvEntry[] {
  return entries.flatMap((entry) =>
    entry.kind === "object-instance" && entry.id === instance ? entry.entries : [entry],
  );
}

function changeOf(entry: TlvEntry, { object, resource }: WritePlace, rights: WriteRights): Change | number {
  if (resource !== undefined && entry.id !== resource) return code.badRequest;
  const type = writableType(object, entry.id, rights);
  if (typeof type === "number") return type;
  if (!("value" in entry)) return code.badRequest;
  const value = valueOfBytes(entry.value, type);
  return value === undefined ? code.badRequest : { resource: entry.id, value };
}

function writableType(object: number, resource: number, { isBootstrap }: WriteRights): ValueType | number {
  const type = objectTypes[object]?.[resource];
  if (type === undefined) return code.notFound;
  if (type.does === "E") return code.methodNotAllowed;
  return isBootstrap || type.does === "W" || type.does === "RW" ? type.type : code.methodNotAllowed;
}
