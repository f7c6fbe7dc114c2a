import type { Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";

/** Where a URL leads, as {@link Claim} wants it. */
export interface Where {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

const usualPorts: { readonly [scheme in Scheme]: number } = {
  mqtt: 1883,
  mqtts: 8883,
  ws: 80,
  wss: 443,
  coap: 5683,
  coaps: 5684,
  "coap+tcp": 5683,
};
const usualPath = "/mqtt";

/** Reads the URL of a broker or CoAP server. Throws E_USAGE for anything else, credentials and queries included. */
export function addressOf(text: string): Where {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url && schemeOf(url.protocol);
  if (url === undefined || scheme === undefined || url.hostname === "")
    throw wrong(text, "it is no URL of a broker or CoAP server");
  if (url.username !== "" || url.password !== "") {
    throw wrong(url.host, "credentials do not belong into the URL, which is printed in reports; use --identities");
  }
  const isWebSocket = scheme === "ws" || scheme === "wss";
  if (url.search !== "" || url.hash !== "" || (!isWebSocket && url.pathname.length > 1)) {
    throw wrong(text, "nothing may follow the port (for ws and wss: the path)");
  }
  return {
    scheme,
    // Literal IPv6 addresses stand in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? usualPorts[scheme] : Number(url.port),
    ...(isWebSocket && { path: url.pathname === "/" ? usualPath : url.pathname }),
  };
}

function schemeOf(protocol: string): Scheme | undefined {
  const schemes: readonly Scheme[] = ["mqtt", "mqtts", "ws", "wss", "coap", "coaps", "coap+tcp"];
  return schemes.find((scheme) => `${scheme}:` === protocol);
}

function wrong(text: string, because: string): LabError {
  return new LabError(
    "E_USAGE",
    `--target ${text}: ${because}`,
    "Write for example mqtt://127.0.0.1:1883 or coap://127.0.0.1:5683.",
  );
}
