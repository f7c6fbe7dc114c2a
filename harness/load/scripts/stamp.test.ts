import { expect, it } from "vitest";
import { stamped, stampOf } from "./stamp.ts";

it("is as many bytes as asked for, and says the same when it is read", () => {
  const payload = stamped({ number: 12, sentMs: 345.678_9 }, 128);
  expect(payload).toHaveLength(128);
  expect(stampOf(payload)).toEqual({ number: 12, sentMs: 345.679 });
  expect(stampOf(stamped({ number: 3, sentMs: 1, last: true }, 64))).toEqual({ number: 3, sentMs: 1, last: true });
});

it("is longer than asked for rather than cut", () => {
  expect(stampOf(stamped({ number: 1, sentMs: 2 }, 4))).toEqual({ number: 1, sentMs: 2 });
});

it.each(["", "hello", "12", '{"number":"1","sentMs":2}', '{"number":1.5,"sentMs":2}'])("is not %j", (text) => {
  expect(stampOf(new TextEncoder().encode(text))).toBeUndefined();
});
