import { expect, it } from "vitest";
import { answerOf, isAllowed } from "./message-answer.ts";

const heard = (hex: string) => ({ bytes: Buffer.from(hex, "hex") });

it.each([
  ["silent", undefined],
  ["rst", heard("70001234")],
  ["ack", heard("60001234")],
  ["2.05", heard("60451234")],
  ["5.00", heard("50a01234ff6f6f7073")],
  ["junk", heard("0102")],
  ["malformed 2.05", heard("69451234313233343536373839")],
])("calls it %s", (word, answer) => {
  expect(answerOf(answer)).toBe(word);
});

it("tells a response that repeats another token from one that repeats this", () => {
  expect(answerOf(heard("624512346162"), Buffer.from("ab"))).toBe("2.05");
  expect(answerOf(heard("614512346a"), Buffer.from("ab"))).toBe("foreign token");
});

it("allows what is named, whatever where that is said, and codes of a class by the class", () => {
  expect(isAllowed("rst", ["silent", "rst"])).toBe(true);
  expect(isAllowed("silent", ["any"])).toBe(true);
  expect(isAllowed("4.04", ["4.xx"])).toBe(true);
  expect(isAllowed("5.00", ["4.xx"])).toBe(false);
  expect(isAllowed("rst", ["4.xx"])).toBe(false);
});
