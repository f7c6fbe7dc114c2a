import { array, assert, asyncProperty, nat } from "fast-check";
import { expect, it } from "vitest";
import { VirtualClock } from "#testing/bench.ts";
import { DelayLine } from "./delay-line.ts";

it("gives everything out when it is due, in order of time, and what is due together as it came in", async () => {
  await assert(
    asyncProperty(array(nat(50), { maxLength: 30 }), async (delays) => {
      const clock = new VirtualClock();
      const line = new DelayLine(clock, 100);
      const out: { readonly at: number; readonly number: number }[] = [];
      for (const [number, delay] of delays.entries()) {
        line.put(delay, () => out.push({ at: clock.nowMs(), number }));
        await clock.sleep(number % 3);
      }
      await clock.sleep(1_000);
      const began = delays.map((_, number) => sum(number));
      const due = delays.map((delay, number) => ({ at: (began[number] ?? 0) + delay, number }));
      expect(out).toEqual(due.toSorted((one, other) => one.at - other.at || one.number - other.number));
    }),
  );
});

/** When number n was put in: the sleeps before it. */
function sum(number: number): number {
  return Array.from({ length: number }, (_, before) => before % 3).reduce((total, each) => total + each, 0);
}

it("takes no more than it has room for", () => {
  const line = new DelayLine(new VirtualClock(), 2);
  expect([line.put(5, () => {}), line.put(5, () => {}), line.put(5, () => {})]).toEqual([true, true, false]);
});

it("gives nothing out and takes nothing in once it is stopped", async () => {
  const clock = new VirtualClock();
  const line = new DelayLine(clock, 2);
  let out = 0;
  line.put(5, () => out++);
  line.stop();
  expect(line.put(5, () => out++)).toBe(false);
  await clock.sleep(20);
  expect(out).toBe(0);
});
