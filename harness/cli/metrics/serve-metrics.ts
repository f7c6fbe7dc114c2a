import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { LabError } from "#contract/errors.ts";
import { type MetricsAddress, metricsAddress } from "./metrics-address.ts";
import type { RunMetrics } from "./run-metrics.ts";

/** Metrics that can be scraped until disposed. */
export interface ServedMetrics extends RunMetrics, AsyncDisposable {
  /** `http://127.0.0.1:9464/metrics` */
  readonly url: string;
}

/** Who scrapes comes with one or two connections; more would take files from the fleet. */
const mostConnections = 8;
const patienceMs = 5_000;

/**
 * Serves metrics of the runs of a command at `where` (`address:port`), on the page /metrics and no other. Throws E_USAGE for an address that is none of this
 * machine's, E_PORT_TAKEN where somebody else listens there.
 */
export async function serveMetrics(where: string): Promise<ServedMetrics> {
  const at = metricsAddress(where);
  // Loaded only where metrics are asked for: every other start of the command is spared the time.
  const { metricsOf } = await import("./run-metrics.ts");
  const metrics = metricsOf();
  const server = createServer({ maxHeaderSize: 8_192 }, (request, response) => {
    answer(metrics, request, response).catch(() => response.destroy());
  });
  server.maxConnections = mostConnections;
  server.headersTimeout = patienceMs;
  server.requestTimeout = patienceMs;
  await listen(server, at);
  // A run that ends must not wait for who scrapes.
  server.unref();
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : at.port;
  return {
    ...metrics,
    url: `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${port}/metrics`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(metrics: RunMetrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.split("?")[0] !== "/metrics") {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is only /metrics here.\n");
    return;
  }
  if (request.method !== "GET") {
    response.writeHead(405, { allow: "GET", "content-type": "text/plain" }).end("Only GET is answered.\n");
    return;
  }
  const text = await metrics.text();
  response.writeHead(200, { "content-type": metrics.contentType, "cache-control": "no-store" }).end(text);
}

async function listen(server: Server, { host, port }: MetricsAddress): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw whyNot(host, port, cause);
  }
}

function whyNot(host: string, port: number, cause: unknown): LabError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  if (code === "EADDRINUSE") {
    return new LabError(
      "E_PORT_TAKEN",
      `--metrics ${host}:${port}: another program listens there`,
      "Choose another port, or end that program.",
      { cause },
    );
  }
  const because =
    { EADDRNOTAVAIL: "this machine does not have that address", EACCES: "ports below 1024 need more rights" }[code] ??
    code;
  return new LabError("E_USAGE", `--metrics ${host}:${port}: ${because}`, "Write for example 127.0.0.1:9464.", {
    cause,
  });
}
