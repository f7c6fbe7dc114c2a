import { array, assert, constantFrom, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { VirtualClock } from "#testing/bench.ts";
import { doorkeeper, type Ticket } from "./doorkeeper.ts";

const none = { maxConnections: 0, maxPendingPerSource: 0, connectsPerSecondPerSource: 0 };

it("gives a source a second's worth of connections at once, then so many a second", () => {
  const clock = new VirtualClock();
  const door = doorkeeper(clock, { ...none, connectsPerSecondPerSource: 2 });
  const tryNow = () => typeof door.admit("a") !== "string";
  expect([tryNow(), tryNow(), tryNow()]).toEqual([true, true, false]);
  clock.advance(500);
  expect([tryNow(), tryNow()]).toEqual([true, false]);
  expect(typeof door.admit("b")).toBe("object");
});

it("counts each connection once, however it goes on", () => {
  const steps = array(tuple(constantFrom("admit", "connected", "released"), constantFrom(0, 1, 2, 3)));
  assert(
    property(steps, (taken) => {
      const door = doorkeeper(new VirtualClock(), { ...none, maxConnections: 3, maxPendingPerSource: 2 });
      const open: { ticket: Ticket; pending: boolean }[] = [];
      const wrong = taken.filter(([step, which]) => {
        if (step === "admit") {
          const mayCome = open.length < 3 && open.filter(({ pending }) => pending).length < 2;
          const ticket = door.admit("a");
          if (typeof ticket === "object") open.push({ ticket, pending: true });
          return mayCome !== (typeof ticket === "object");
        }
        const chosen = open[which];
        if (chosen === undefined) return false;
        // Twice, as when a socket closes while it is being turned away.
        chosen.ticket[step]();
        chosen.ticket[step]();
        chosen.pending = false;
        if (step === "released") open.splice(which, 1);
        return false;
      });
      expect(wrong).toEqual([]);
    }),
  );
});
