import type { Scenario } from "k6/options";
import { durationOf, gracefulMs } from "./job.ts";

/** How clients that stay come in. */
export interface Arriving {
  /** How long it takes until all are there, milliseconds. */
  readonly overMs: number;
  /** The scenario of k6 in which each of them works once, until `untilMs` or a little longer. */
  readonly scenario: (exec: string, untilMs: number) => Scenario;
}

/** `ramping-vus` lets clients in one after the other, `constant-vus` all at once. */
export function arriving(given: {
  readonly executor: "ramping-vus" | "constant-vus";
  readonly clients: number;
  readonly arrivesOver: number;
}): Arriving {
  const { executor, clients } = given;
  const gracefulStop = durationOf(gracefulMs);
  if (executor === "constant-vus") {
    return {
      overMs: 0,
      scenario: (exec, untilMs) => ({ executor, vus: clients, duration: durationOf(untilMs), exec, gracefulStop }),
    };
  }
  return {
    overMs: given.arrivesOver,
    scenario: (exec, untilMs) => ({
      executor,
      startVUs: 0,
      stages: [
        { duration: durationOf(given.arrivesOver), target: clients },
        { duration: durationOf(untilMs - given.arrivesOver), target: clients },
      ],
      exec,
      gracefulStop,
    }),
  };
}
