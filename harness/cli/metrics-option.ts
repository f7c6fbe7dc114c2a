import type { Observation } from "#contract/observation.ts";
import type { RunOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Where the observations of a run go while somebody scrapes its metrics. */
export interface OpenMetrics extends AsyncDisposable {
  readonly take: (seen: Observation) => void;
}

/** Serves metrics at the address of `--metrics` until disposed; undefined where nobody asked for it. */
export async function openMetrics({ metrics }: RunOptions, terminal: Terminal): Promise<OpenMetrics | undefined> {
  if (metrics === undefined) return undefined;
  const { metricsOf } = await import("./run-metrics.ts");
  const { serveMetrics } = await import("./metrics-server.ts");
  const taken = metricsOf();
  const server = await serveMetrics(metrics, taken);
  terminal.line(`metrics at http://${metrics}/metrics`);
  return { take: (seen) => taken.take(seen), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
