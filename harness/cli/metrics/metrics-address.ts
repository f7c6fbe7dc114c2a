import { isIP } from "node:net";
import { LabError } from "#contract/errors.ts";

/** Where the metrics are served. */
export interface MetricsAddress {
  /** A literal IP address. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464` or `9464`, which is loopback. Other names are refused: it must be
 * plain to see which interfaces are meant. Throws E_USAGE.
 */
export function metricsAddress(text: string): MetricsAddress {
  const [, bracketed, plain, digits = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const named = bracketed ?? plain ?? "127.0.0.1";
  const host = named === "localhost" ? "127.0.0.1" : named;
  const port = Number(digits);
  const family = isIP(host);
  if (digits === "" || port > 65_535) throw wrong(text, "it is not of the form address:port");
  if (family === 0) throw wrong(text, `"${named}" is no IP address`);
  if ((family === 6) !== (bracketed !== undefined))
    throw wrong(text, "write IPv6 addresses, and only those, in brackets");
  return { host, port };
}

function wrong(text: string, because: string): LabError {
  return new LabError(
    "E_USAGE",
    `--metrics ${text}: ${because}`,
    "Write for example 127.0.0.1:9464, or 0.0.0.0:9464 where others on your network may read it.",
  );
}
