import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { textOf, utf8Of } from "./utf8.ts";

it("is what a text encoder makes of any text, half surrogates too", () => {
  assert(
    property(string({ unit: "binary" }), string({ unit: "grapheme" }), (wild, tame) => {
      for (const text of [wild, tame]) expect(utf8Of(text)).toEqual(new TextEncoder().encode(text));
      expect(textOf(utf8Of(tame))).toBe(tame);
    }),
  );
  expect(utf8Of("a\ud800b\udc00")).toEqual(new TextEncoder().encode("a\ud800b\udc00"));
});
