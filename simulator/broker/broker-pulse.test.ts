import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrokerPulse } from "./broker-pulse.ts";

/** A pulse on faked time, and what it did. */
function pulseAndLog() {
  const pulse = new BrokerPulse({ nowMs: () => Date.now() });
  const log: string[] = [];
  const act = (what: string) => () => void log.push(what);
  return { pulse, log, act };
}

describe("the pulse of a broker", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it("runs a timer out once, after its time from the last refresh", () => {
    const { pulse, log, act } = pulseAndLog();
    const timer = pulse.after(100, act("out"));
    vi.advanceTimersByTime(60);
    timer.refresh();
    vi.advanceTimersByTime(99);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(["out"]);
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual(["out"]);
  });

  it("does not run out a timer that was cancelled, also where it was due in a freeze", () => {
    const { pulse, log, act } = pulseAndLog();
    const timers = [pulse.after(100, act("one")), pulse.after(100, act("two"))];
    timers[0]?.cancel();
    const goOn = pulse.freeze();
    vi.advanceTimersByTime(200);
    timers[1]?.cancel();
    goOn();
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual([]);
  });

  it("stands still while it is frozen, and gives timers what was left of their time", () => {
    const { pulse, log, act } = pulseAndLog();
    pulse.after(100, act("out"));
    vi.advanceTimersByTime(30);
    const goOn = pulse.freeze();
    vi.advanceTimersByTime(10_000);
    expect(pulse.nowMs()).toBe(30);
    goOn();
    vi.advanceTimersByTime(69);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(["out"]);
    expect(pulse.nowMs()).toBe(100);
  });

  it("does what it was about to do when it goes on, in the old order", () => {
    const { pulse, log, act } = pulseAndLog();
    const goOn = pulse.freeze();
    pulse.act(act("one"));
    pulse.act(act("two"));
    expect(log).toEqual([]);
    goOn();
    pulse.act(act("three"));
    expect(log).toEqual(["one", "two", "three"]);
  });

  it("goes on when the last that froze it lets it, however often the others do", () => {
    const { pulse, log, act } = pulseAndLog();
    const first = pulse.freeze();
    const second = pulse.freeze();
    pulse.act(act("done"));
    first();
    first();
    expect(log).toEqual([]);
    second();
    expect(log).toEqual(["done"]);
  });

  it("does nothing of what waited once the broker is over", () => {
    const { pulse, log, act } = pulseAndLog();
    const goOn = pulse.freeze();
    pulse.act(act("too late"));
    pulse.end();
    goOn();
    expect(log).toEqual([]);
  });
});
