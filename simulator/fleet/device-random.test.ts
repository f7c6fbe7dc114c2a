import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { DeviceRandom } from "./device-random.ts";

const seed = integer({ min: 0, max: 2 ** 32 - 1 });

it("draws numbers from 0 up to, not including, 1, the same ones for the same seed", () => {
  assert(
    property(seed, (value) => {
      const [one, other] = [new DeviceRandom(value), new DeviceRandom(value)];
      for (let draw = 0; draw < 20; draw++) {
        const drawn = one.next();
        expect(drawn).toBe(other.next());
        expect(drawn >= 0 && drawn < 1).toBe(true);
      }
    }),
  );
});

it("draws evenly, also over neighbouring seeds", () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let value = 0; value < 10_000; value++) {
    const tenth = new DeviceRandom(value).integer(0, 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

it("writes two digits of hex for each byte", () => {
  expect(new DeviceRandom(7).hex(16)).toMatch(/^[0-9a-f]{32}$/);
});
