import { array, assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { ConnectPacer } from "./connect-pacer.ts";

it("begins no more than the rate allows, everyone once, in the order of the line", () => {
  assert(
    property(integer({ min: 1, max: 500 }), array(integer({ min: 0, max: 200 })), (perSecond, passed) => {
      const begun: number[] = [];
      const pacer = new ConnectPacer<number>(perSecond, (one) => begun.push(one));
      for (let one = 0; one < 100; one++) pacer.enqueue(one);
      expect(begun).toEqual([]);
      let totalMs = 0;
      for (const ms of passed) {
        pacer.advance(ms);
        totalMs += ms;
        expect(begun.length).toBeLessThanOrEqual((perSecond * totalMs) / 1_000 + 1e-6);
      }
      expect(begun).toEqual(Array.from({ length: begun.length }, (_, at) => at));
      for (let second = 0; second < 2_000 && begun.length < 100; second++) pacer.advance(1_000);
      expect(begun).toHaveLength(100);
    }),
  );
});

it("lets one begin at once where nobody is in line and the rate was not used up", () => {
  const begun: string[] = [];
  const pacer = new ConnectPacer<string>(100, (one) => begun.push(one));
  pacer.advance(10_000);
  expect(pacer.isFree).toBe(true);
  for (let one = 0; one < 50; one++) pacer.enqueue(`device ${one}`);
  expect(begun).toHaveLength(10);
  expect(pacer.isFree).toBe(false);
});
