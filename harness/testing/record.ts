import type { Observation } from "#contract/observation.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";

/** A line of a hand-built history; `seq` and `atMs` are filled in where they are left out. */
export type Line = Omit<Observation, "seq" | "atMs"> & { readonly atMs?: number };

/** Numbers the lines; a line without a time happens 10 ms after the one before. */
export function historyOf(lines: readonly Line[]): Observation[] {
  let atMs = 0;
  return lines.map((line, seq) => {
    atMs = line.atMs ?? atMs + 10;
    return { ...line, seq, atMs };
  });
}

const header: RunHeader = {
  format: 1,
  tool: { name: "seatrial", version: "0.0.0-test" },
  id: "test-run",
  seed: "1",
  scenario: { id: "test", title: "A hand-built run" },
  state: "completed",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:01:00.000Z",
  target: { id: "embedded", product: "seatrial embedded broker", fidelity: "simulated" },
  fleets: [],
  stages: [],
  expects: [],
  command: "seatrial run test --seed 1",
};

/** A complete run with this history. */
export function recordOf(history: readonly Observation[], changes: Partial<RunHeader> = {}): RunRecord {
  return { header: { ...header, ...changes }, history };
}
