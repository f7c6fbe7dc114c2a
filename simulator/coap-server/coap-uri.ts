import { type Option, option, optionNumber } from "../coap/option.ts";
import type { Peer } from "../udp/datagram.ts";

/** Where a `coap:` URI leads. */
export interface CoapPlace {
  readonly to: Peer;
  /** Uri-Path and Uri-Query. */
  readonly options: readonly Option[];
  /** What it is called in a cache, and in the log. */
  readonly key: string;
}

/** Why there is no way to it. */
export type NoWay = "malformed" | "scheme" | "outside";

/** Port of `coap` (RFC 7252 §6.1). */
const usualPort = 5_683;

/** Takes a URI apart (RFC 7252 §6.4). `outside` is every host but the loopback interface: the lab never leaves the machine. */
export function placeOf(uri: string): CoapPlace | NoWay {
  const parsed = URL.canParse(uri) ? new URL(uri) : undefined;
  if (parsed === undefined || parsed.hash !== "") return "malformed";
  if (parsed.protocol !== "coap:") return "scheme";
  const path = decodedParts(parsed.pathname.replace(/^\//, ""), "/");
  const query = decodedParts(parsed.search.replace(/^\?/, ""), "&");
  const options = [
    ...path.map((segment) => option(optionNumber.uriPath, segment)),
    ...query.map((part) => option(optionNumber.uriQuery, part)),
  ];
  return placeAt(parsed.hostname, parsed.port === "" ? usualPort : Number(parsed.port), options);
}

/** The place that host, port and options name. @param host undefined for the host itself. */
export function placeAt(
  host: string | undefined,
  port: number | undefined,
  options: readonly Option[],
): CoapPlace | NoWay {
  const literal = host === undefined || host === "localhost" ? "127.0.0.1" : host;
  if (!/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(literal)) return "outside";
  const to = { host: literal, port: port ?? usualPort };
  if (to.port === 0) return "malformed";
  const ways = options.map(({ number, value }) => `${number}=${value.toString("hex")}`);
  return { to, options, key: `${to.host}:${to.port} ${ways.join(" ")}` };
}

function decodedParts(text: string, separator: string): readonly string[] {
  return text === "" ? [] : text.split(separator).map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
