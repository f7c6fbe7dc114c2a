import { describe, expect, it } from "vitest";
import { VirtualClock } from "#testing/bench.ts";
import { Alarms } from "./alarms.ts";

function waiters(clock: VirtualClock, log: string[]) {
  return (name: string) => ({ onAlarm: (nowMs: number) => void log.push(`${name} ${nowMs} ${clock.nowMs()}`) });
}

describe("alarms", () => {
  it("ring at their time, the earlier first, also where it was set later", async () => {
    const [clock, log] = [new VirtualClock(), [] as string[]];
    const [alarms, waiter] = [new Alarms(clock), waiters(clock, log)];
    alarms.set(waiter("late"), 2_000);
    alarms.set(waiter("early"), 1_000);
    await clock.sleep(5_000);
    expect(log).toEqual(["early 1000 1000", "late 2000 2000"]);
  });

  it("ring once, and not at all once they are cancelled or set anew", async () => {
    const [clock, log] = [new VirtualClock(), [] as string[]];
    const [alarms, waiter] = [new Alarms(clock), waiters(clock, log)];
    const [cancelled, moved] = [waiter("cancelled"), waiter("moved")];
    alarms.set(cancelled, 1_000);
    alarms.set(moved, 1_000);
    alarms.cancel(cancelled);
    alarms.set(moved, 3_000);
    await clock.sleep(10_000);
    expect(log).toEqual(["moved 3000 3000"]);
  });

  it("may be set again by whoever hears one", async () => {
    const clock = new VirtualClock();
    const alarms = new Alarms(clock);
    const rang: number[] = [];
    const waiter = {
      onAlarm(nowMs: number) {
        rang.push(nowMs);
        if (rang.length < 3) alarms.set(waiter, 2_000);
      },
    };
    alarms.set(waiter, 1_000);
    await clock.sleep(20_000);
    expect(rang).toEqual([1_000, 3_000, 5_000]);
  });

  it("are silent after the end", async () => {
    const [clock, log] = [new VirtualClock(), [] as string[]];
    const [alarms, waiter] = [new Alarms(clock), waiters(clock, log)];
    alarms.set(waiter("set before"), 1_000);
    alarms.close();
    alarms.set(waiter("set after"), 1_000);
    await clock.sleep(5_000);
    expect(log).toEqual([]);
  });
});
