import { expect, it } from "vitest";
import { FleetTally } from "./fleet-tally.ts";

const calm = { size: 1, expected: 1, connected: 1, overdue: 0, overdueSafe: 0 };

it("puts attempts and connections into the tenth of the interval in which they happened", () => {
  const tally = new FleetTally(5_000);
  tally.attempted(5_000);
  tally.attempted(5_099);
  tally.attempted(5_950);
  tally.connected(5_250);
  expect(tally.report(6_000, calm)).toMatchObject({
    intervalMs: 1_000,
    attempts: 3,
    connects: 1,
    attemptsByTenth: [2, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    connectsByTenth: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
  });
});

it("tells the longest time between two turns of an interval", () => {
  const tally = new FleetTally(0);
  for (const nowMs of [20, 40, 640, 660]) tally.turned(nowMs);
  expect(tally.report(1_000, calm).stalledMs).toBe(600);
  tally.turned(1_020);
  expect(tally.report(2_000, calm).stalledMs).toBe(360);
});

it("begins every interval at nothing", () => {
  const tally = new FleetTally(0);
  tally.count("lost");
  tally.count("functionDue");
  expect(tally.report(1_000, calm)).toMatchObject({ lost: 1, functionDue: 1 });
  expect(tally.report(2_000, calm)).toMatchObject({ lost: 0, functionDue: 0, attempts: 0 });
});

it("keeps what happens after the second of a late report in the last tenth", () => {
  const tally = new FleetTally(0);
  tally.attempted(1_700);
  expect(tally.report(1_800, calm).attemptsByTenth.at(-1)).toBe(1);
});
