import type { Clock } from "#contract/bench.ts";
import type { CoapClient } from "../coap/client.ts";
import { code } from "../coap/code.ts";
import { roughTextsOf, uintField, valueOf } from "../coap/fields.ts";
import { isUnsafe, type Option, option, optionNumber } from "../coap/option.ts";
import type { CoapReply } from "../coap/reply.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";
import { type CoapPlace, type NoWay, placeAt, placeOf } from "./coap-uri.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { Principal } from "./principal.ts";
import { ProxyCache } from "./proxy-cache.ts";

type Rules = Pick<DeviceServerKnobs, "proxy" | "proxyCache" | "hopLimit">;

/** A forward proxy from coap and coaps to coap (RFC 7252 §5.7). */
export interface Proxy {
  forward(request: CoapRequest, by: Principal): Promise<CoapResponse>;
}

/** What a proxy needs of the world. */
export interface ProxyWorld {
  readonly client: Pick<CoapClient, "request">;
  readonly clock: Pick<Clock, "nowMs">;
  /** Whether it is a public resource of the server itself, which is all that the allow-list has. */
  readonly isOwn: (place: CoapPlace) => boolean;
  /** Told why a request was not forwarded. */
  readonly refused: (why: string, request: CoapRequest) => void;
}

/** How long the proxy waits for the server behind it. */
const answerWithinMs = 2_000;
/** RFC 8768 §3: what a proxy sets where there is none. */
const usualHopLimit = 16;

/** Whether a request is meant for a proxy. */
export function isForProxy({ options }: Pick<CoapRequest, "options">): boolean {
  return options.some(({ number }) => number === optionNumber.proxyUri || number === optionNumber.proxyScheme);
}

export function proxyOf(rules: Rules, world: ProxyWorld): Proxy {
  const cache = new ProxyCache(world.clock, rules.proxyCache);

  const refuse = (why: string, answered: number, request: CoapRequest): CoapResponse => {
    world.refused(why, request);
    return { code: answered };
  };

  const pass = async (request: CoapRequest, place: CoapPlace, by: Principal): Promise<CoapResponse> => {
    const hops = hopsAfter(request, rules.hopLimit);
    if (hops === undefined) return refuse("hop-limit", code.hopLimitReached, request);
    const cached = request.code === code.get ? cache.find(place.key, by) : undefined;
    if (cached !== undefined) return cached;
    const options = [...place.options, ...passedOn(request.options), option(optionNumber.hopLimit, hops)];
    const ask = { to: place.to, code: request.code, path: "", options, payload: request.payload };
    // RFC 7252 §5.7.1: a time-out behind the proxy is 5.04, and anything that cannot be passed on is 5.02.
    const reply = await world.client.request({ ...ask, withinMs: answerWithinMs }).catch(() => undefined);
    if (reply === undefined) return { code: code.gatewayTimeout };
    const response = responseOf(reply);
    if (request.code === code.get) cache.keep(place.key, by, response);
    return response;
  };

  return {
    async forward(request, by) {
      if (rules.proxy === "none") return refuse("no-proxy", code.proxyingNotSupported, request);
      const foreign = request.options.find(({ number }) => isUnsafe(number) && !known.has(number));
      if (foreign !== undefined) return refuse("unknown-option", code.badOption, request);
      const place = placeIn(request);
      if (typeof place === "string") return refuse(place, refusals[place], request);
      if (rules.proxy === "allow-list" && !world.isOwn(place)) return refuse("not-listed", code.forbidden, request);
      return pass(request, place, by);
    },
  };
}

const refusals: { readonly [N in NoWay]: number } = {
  malformed: code.badOption,
  scheme: code.proxyingNotSupported,
  // What is not there cannot be reached; and from the lab nothing but the loopback interface is there.
  outside: code.badGateway,
};

const known = new Set<number>(Object.values(optionNumber));

/** Options that say where a request goes, or belong to one hop. */
const notPassedOn = new Set<number>([
  optionNumber.uriHost,
  optionNumber.uriPort,
  optionNumber.uriPath,
  optionNumber.uriQuery,
  optionNumber.proxyUri,
  optionNumber.proxyScheme,
  optionNumber.hopLimit,
  optionNumber.observe,
  optionNumber.block1,
  optionNumber.block2,
  optionNumber.size1,
  optionNumber.size2,
  optionNumber.echo,
  optionNumber.requestTag,
  optionNumber.etag,
]);

function passedOn(options: readonly Option[]): readonly Option[] {
  return options.filter(({ number }) => !notPassedOn.has(number));
}

function placeIn({ options }: CoapRequest): CoapPlace | NoWay {
  const uri = valueOf(options, optionNumber.proxyUri);
  if (uri !== undefined) return placeOf(uri.toString());
  if (valueOf(options, optionNumber.proxyScheme)?.toString() !== "coap") return "scheme";
  const [host] = roughTextsOf(options, optionNumber.uriHost);
  const way = options.filter(({ number }) => number === optionNumber.uriPath || number === optionNumber.uriQuery);
  return placeAt(host, uintField(options, optionNumber.uriPort), way);
}

/** The Hop-Limit to send, or undefined where the way ends here. */
function hopsAfter({ options }: CoapRequest, rule: Rules["hopLimit"]): number | undefined {
  const hops = uintField(options, optionNumber.hopLimit);
  if (rule === "ignored") return hops ?? usualHopLimit;
  const left = hops === undefined ? usualHopLimit : hops - 1;
  return left > 0 ? left : undefined;
}

/** Block options are of the hop behind; here the engine makes its own. */
function responseOf({ code: answered, options, payload }: CoapReply): CoapResponse {
  return { code: answered, options: passedOn(options), payload };
}
