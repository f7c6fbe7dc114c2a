import { z } from "zod";
import { count } from "#contract/parameters.ts";

/** Knobs that say who may do what at the resources of the device server. */
export const accessShape = {
  plainAccess: z
    .enum(["public-only", "open"])
    .optional()
    .describe("what clients without DTLS may do: read public resources; or everything that the operator may do"),
  pathAuthorization: z
    .enum(["own-paths", "open"])
    .optional()
    .describe("whether a client with a key may use devices/<its identity>/… only, or everything"),
  routing: z
    .enum(["exact", "lenient"])
    .optional()
    .describe(
      "Uri-Path is compared segment by segment; or access is judged by it as it came, and the resource is found after joining, decoding, normalising and ignoring case",
    ),
  discovery: z
    .enum(["public-only", "everything"])
    .optional()
    .describe("whether /.well-known/core lists to each client what it may use, or everything to everybody"),
  creation: z
    .enum(["closed", "anyone"])
    .optional()
    .describe("who may create resources below new/: the operator; or anybody, and all of them are listed"),
  pskKeys: z
    .enum(["per-device", "shared", "default"])
    .optional()
    .describe(
      "a key of its own for each identity; one for all devices; or the key of the manuals, secretPSK, for everybody, and the identity Client_identity, which may do everything",
    ),
} as const;

/** Knobs of the forward proxy. Whatever they say, nothing but loopback is ever asked. */
export const proxyShape = {
  proxy: z
    .enum(["none", "allow-list", "open"])
    .optional()
    .describe(
      "requests with Proxy-Uri or Proxy-Scheme: refused with 5.05; forwarded to the server's own public resources; or to any port of the loopback interface, and nowhere else",
    ),
  proxyCache: z
    .enum(["separate", "shared"])
    .optional()
    .describe(
      "whether the proxy answers from its cache only to clients without DTLS what such clients asked, or everybody",
    ),
  hopLimit: z
    .enum(["kept", "ignored"])
    .optional()
    .describe("whether the proxy counts Hop-Limit down and ends at 5.08 (RFC 8768), or passes it on as it is"),
} as const;

/** Knobs of the resource directory. */
export const directoryShape = {
  rdOwnership: z
    .enum(["first-come", "overwrite"])
    .optional()
    .describe(
      "whether a registration belongs to who made it, or is replaced, updated and removed by anybody who may register",
    ),
  rdLookup: z
    .enum(["authorised", "open"])
    .optional()
    .describe("whether lookups take a client with a key, or answer anybody"),
  maxRegistrations: count({ atMost: 100_000 })
    .optional()
    .describe("registrations of one identity, or of one address without DTLS; 0: no limit"),
  lookupPaging: z
    .enum(["pages", "whole"])
    .optional()
    .describe("whether a lookup gives ten entries at most, or all that it finds"),
} as const;

/** Knobs of the LwM2M objects. */
export const lwm2mShape = {
  lwSecurityObject: z
    .enum(["unreadable", "readable"])
    .optional()
    .describe("whether object 0 with the keys in it can be read: by nobody; or by anybody"),
  lwAccess: z
    .enum(["owner", "any"])
    .optional()
    .describe("who may read, write and execute in objects 1, 3 and 5: their owner, which is the operator; or anybody"),
  lwBootstrap: z
    .enum(["closed", "open"])
    .optional()
    .describe(
      "whether anybody may write objects 0 and 1 as a bootstrap server does, so that the device moves to another server",
    ),
  lwPackageUri: z
    .enum(["allow-list", "any"])
    .optional()
    .describe(
      "from where firmware is fetched: this server's own resource; or from whatever loopback port the Package URI names",
    ),
  lwFirmwareState: z
    .enum(["checked", "loose"])
    .optional()
    .describe("whether Update and Cancel are refused in states that do not allow them, or carried out in any"),
  lwIdentity: z
    .enum(["bound", "free"])
    .optional()
    .describe(
      "whether an LwM2M registration must be for the endpoint name that is the PSK identity, or may be for any",
    ),
  lwTlv: z
    .enum(["strict", "lenient"])
    .optional()
    .describe("whether TLV with lengths beyond its parent is refused, or cut to fit and taken"),
} as const;
