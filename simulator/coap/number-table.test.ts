import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { NumberTable } from "./number-table.ts";

it("holds what a Map holds, whatever comes and goes", () => {
  const key = constantFrom(0, 1, 16, 17, 0xffffffff, 0xfffffff0).chain((from) =>
    integer({ min: 0, max: 40 }).map((more) => (from + more) >>> 0),
  );
  const change = record({ key, isGoing: constantFrom(true, false) });
  assert(
    property(array(change, { maxLength: 300 }), (changes) => {
      const table = new NumberTable<object>();
      const map = new Map<number, object>();
      for (const { key: each, isGoing } of changes) {
        const value = { each };
        if (isGoing) {
          table.delete(each);
          map.delete(each);
        } else {
          table.set(each, value);
          map.set(each, value);
        }
        expect(table.size).toBe(map.size);
      }
      for (const { key: each } of changes) {
        expect(table.get(each)).toBe(map.get(each));
        expect(table.has(each)).toBe(map.has(each));
      }
      expect(new Set(table.values())).toEqual(new Set(map.values()));
    }),
  );
});
