import { array, assert, asyncProperty, integer, record } from "fast-check";
import { expect, it } from "vitest";
import { VirtualNetwork } from "#testing/virtual-network.ts";
import { Timers, unset } from "./timers.ts";

it("fires each that was set and not cancelled once, never early, and at most a tick late", async () => {
  const times = array(
    record({ afterMs: integer({ min: 0, max: 100_000 }), cancelledAfterMs: integer({ min: 0, max: 100_000 }) }),
    { maxLength: 30 },
  );
  await assert(
    asyncProperty(times, async (orders) => {
      const clock = new VirtualNetwork();
      const timers = new Timers(clock);
      const fired: (number | undefined)[] = orders.map(() => undefined);
      for (const [at, { afterMs, cancelledAfterMs }] of orders.entries()) {
        const timed = {
          tick: unset,
          seat: unset,
          onTime() {
            expect(fired[at]).toBeUndefined();
            fired[at] = clock.nowMs();
          },
        };
        timers.set(timed, afterMs);
        timers.set({ tick: unset, seat: unset, onTime: () => timers.cancel(timed) }, cancelledAfterMs);
      }
      await clock.pass(110_000);
      for (const [at, { afterMs, cancelledAfterMs }] of orders.entries()) {
        // Cancelled in time, or fired in time.
        const atMs = fired[at] ?? Math.max(afterMs, cancelledAfterMs);
        expect(atMs).toBeGreaterThanOrEqual(afterMs);
        expect(atMs).toBeLessThanOrEqual(Math.ceil(afterMs / 10) * 10);
      }
    }),
  );
});

it("can be set again by what it fires", async () => {
  const clock = new VirtualNetwork();
  const timers = new Timers(clock);
  const fired: number[] = [];
  const timed = {
    tick: unset,
    seat: unset,
    onTime() {
      fired.push(clock.nowMs());
      if (fired.length < 3) timers.set(timed, 1_000);
    },
  };
  timers.set(timed, 1_000);
  await clock.pass(10_000);
  expect(fired).toEqual([1_000, 2_000, 3_000]);
});

it("wakes earlier for what is set later but due before", async () => {
  const clock = new VirtualNetwork();
  const timers = new Timers(clock);
  const fired: string[] = [];
  timers.set({ tick: unset, seat: unset, onTime: () => fired.push("late") }, 5_000);
  await clock.pass(1);
  timers.set({ tick: unset, seat: unset, onTime: () => fired.push("early") }, 100);
  await clock.pass(200);
  expect(fired).toEqual(["early"]);
});

it("fires nothing once it is closed", async () => {
  const clock = new VirtualNetwork();
  const timers = new Timers(clock);
  const fired: string[] = [];
  timers.set({ tick: unset, seat: unset, onTime: () => fired.push("never") }, 100);
  timers.close();
  await clock.pass(1_000);
  expect(fired).toEqual([]);
});

it("keeps its seats in order where one that fires sets another for now and cancels a third", async () => {
  const clock = new VirtualNetwork();
  const timers = new Timers(clock);
  const fired: string[] = [];
  const third = { tick: unset, seat: unset, onTime: () => fired.push("third") };
  const now = { tick: unset, seat: unset, onTime: () => fired.push("now") };
  const first = {
    tick: unset,
    seat: unset,
    onTime() {
      fired.push("first");
      timers.set(now, 0);
      timers.cancel(third);
    },
  };
  timers.set(first, 100);
  timers.set({ tick: unset, seat: unset, onTime: () => fired.push("second") }, 100);
  timers.set(third, 100);
  await clock.pass(200);
  expect(fired).toEqual(["first", "second", "now"]);
});
