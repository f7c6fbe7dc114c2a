import { code } from "../coap/code.ts";
import { uintField } from "../coap/fields.ts";
import { contentFormat, optionNumber } from "../coap/option.ts";
import type { CoapHandler, CoapRequest, CoapResponse } from "../coap/serving.ts";
import type { Peer } from "../udp/datagram.ts";
import type { Area, Resource } from "./area.ts";
import { coreLinks } from "./core-links.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { Principal } from "./principal.ts";
import { isForProxy, type Proxy } from "./proxy.ts";
import { acceptOf, content } from "./representation.ts";
import { loosePath } from "./routing.ts";
import type { ServerLog } from "./server-log.ts";

type Rules = Pick<DeviceServerKnobs, "routing" | "discovery">;

/** What the app is made of. */
export interface AppParts {
  readonly areas: readonly Area[];
  readonly proxy: Proxy;
  readonly log: ServerLog;
  readonly principalOf: (peer: Peer) => Principal;
}

/** All resources behind one handler: routing, access, methods, formats. */
export interface DeviceApp {
  readonly handle: CoapHandler;
  isObservable(path: readonly string[]): boolean;
}

export function deviceApp(parts: AppParts, rules: Rules): DeviceApp {
  const byRoot = new Map(parts.areas.flatMap((area) => area.roots.map((root) => [root, area] as const)));
  // The path of no segments has a root of its own, which is not an empty first segment.
  const areaOf = ([root]: readonly string[]) => (root === "" ? undefined : byRoot.get(root ?? ""));
  const routed = (path: readonly string[]) => (rules.routing === "lenient" ? loosePath(path) : path);
  const core: Resource = {
    get: ({ peer, query }) =>
      content(coreLinks(parts.areas, rules, parts.principalOf(peer), query), contentFormat.link),
  };
  const find = (path: readonly string[]): Resource | undefined => (isCore(path) ? core : areaOf(path)?.find(path));

  const answer = (request: CoapRequest): CoapResponse | Promise<CoapResponse> => {
    const by = parts.principalOf(request.peer);
    if (isForProxy(request)) return parts.proxy.forward(request, by);
    const method = methodOf(request.code);
    if (method === undefined) return { code: code.methodNotAllowed };
    const refused = areaOf(request.path)?.refusal(request.path, by, request.code);
    if (refused !== undefined) {
      const example = { path: request.path.join("/").slice(0, 128), by: by.name.slice(0, 64) };
      parts.log.tell("refused", reasonOf(refused), request.peer.host, example);
      return { code: refused };
    }
    const path = routed(request.path);
    const resource = find(path);
    if (resource === undefined) return { code: code.notFound };
    const act = resource[method];
    return act === undefined ? { code: code.methodNotAllowed } : acceptable(request, act({ ...request, path }, by));
  };
  const failed = (error: unknown, { peer }: CoapRequest): CoapResponse => {
    parts.log.tell("internal-error", error instanceof Error ? error.name : "error", peer.host);
    return { code: code.internalServerError };
  };

  return {
    handle(request) {
      try {
        const answered = answer(request);
        return answered instanceof Promise ? answered.catch((error: unknown) => failed(error, request)) : answered;
      } catch (error) {
        return failed(error, request);
      }
    },
    isObservable: (path) => find(routed(path))?.isObservable === true,
  };
}

function isCore(path: readonly string[]): boolean {
  return path.length === 2 && path[0] === ".well-known" && path[1] === "core";
}

function methodOf(asked: number): "get" | "put" | "post" | "delete" | undefined {
  if (asked === code.get) return "get";
  if (asked === code.put) return "put";
  if (asked === code.post) return "post";
  return asked === code.delete ? "delete" : undefined;
}

/** RFC 7252 §5.10.4: who can be given nothing in the format that is asked for is told so. */
function acceptable(request: CoapRequest, response: CoapResponse): CoapResponse {
  const accept = acceptOf(request);
  const format = uintField(response.options ?? [], optionNumber.contentFormat);
  return accept === undefined || format === undefined || format === accept ? response : { code: code.notAcceptable };
}

function reasonOf(refused: number): string {
  if (refused === code.unauthorized) return "no-credentials";
  return refused === code.forbidden ? "not-its-own" : "not-allowed";
}
