import { expect, it } from "vitest";
import type { Clock } from "#contract/bench.ts";
import { Lookout } from "./lookout.ts";

/** Time that passes only when the test says so. */
function stoppedClock(): Clock & { pass(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { nowMs: () => 0, sleep: () => promise, pass: () => resolve(undefined) };
}

it("finds at once what is there already", async () => {
  expect(await new Lookout(stoppedClock()).until(() => "here", 100)).toBe("here");
});

it("finds what arrives later, for everybody who waits for it", async () => {
  const lookout = new Lookout(stoppedClock());
  let arrived: string | undefined;
  const waiting = [lookout.until(() => arrived, 100), lookout.until(() => arrived?.toUpperCase(), 100)];
  lookout.look();
  arrived = "late";
  lookout.look();
  expect(await Promise.all(waiting)).toEqual(["late", "LATE"]);
});

it("finds nothing when the time is over", async () => {
  const clock = stoppedClock();
  const waiting = new Lookout(clock).until(() => undefined, 100);
  clock.pass();
  expect(await waiting).toBeUndefined();
});

it("still finds what came with the close, and nothing after it", async () => {
  const lookout = new Lookout(stoppedClock());
  let arrived: string | undefined;
  const waiting = lookout.until(() => arrived, 100);
  const vain = lookout.until(() => undefined, 100);
  arrived = "last";
  lookout.close();
  expect(await waiting).toBe("last");
  expect(await vain).toBeUndefined();
  expect(await lookout.until(() => undefined, 100)).toBeUndefined();
});
