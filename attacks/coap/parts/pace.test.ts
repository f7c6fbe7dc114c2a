import { expect, it } from "vitest";
import { benchOf, VirtualClock } from "#testing/bench.ts";
import { paceFor } from "./pace.ts";

it("lets no more pass in a second than the scope allows", async () => {
  const clock = new VirtualClock();
  const turn = paceFor(benchOf([], { clock }), { maxRatePerSecond: 100 });
  for (let n = 0; n < 300; n += 1) await turn();
  expect(clock.nowMs()).toBeGreaterThanOrEqual(2_970);
  expect(clock.nowMs()).toBeLessThan(3_050);
});

it("does not make up for a pause by a burst", async () => {
  const clock = new VirtualClock();
  const turn = paceFor(benchOf([], { clock }), { maxRatePerSecond: 100 });
  await turn();
  clock.advance(5_000);
  for (let n = 0; n < 100; n += 1) await turn();
  expect(clock.nowMs()).toBeGreaterThanOrEqual(5_950);
});
