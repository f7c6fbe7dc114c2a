import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visible } from "./visible.ts";

describe("visible", () => {
  it.each([
    ["a bell", "a\u0007b", "a\\u{7}b"],
    ["a carriage return", "a\rb", "a\\u{d}b"],
    ["a right-to-left override", "gnp.\u202eexe", "gnp.\\u{202e}exe"],
    ["a zero-width space", "a\u200bb", "a\\u{200b}b"],
    ["a soft hyphen", "a\u00adb", "a\\u{ad}b"],
    ["a lone surrogate", "a\ud800b", "a\\u{d800}b"],
    ["a noncharacter", "a\uffffb", "a\\u{ffff}b"],
    ["a tag character", "a\u{e0041}b", "a\\u{e0041}b"],
  ])("spells %s out", (_, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it("leaves ordinary text of any script, emoji, line feeds and tabs as they are", () => {
    const text = "Thermostat №4 – Küche\n\t温度計 ترموستات 🚰";
    expect(visible(text)).toBe(text);
  });

  it("leaves only characters that XML 1.0 allows", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(visible(text)).toMatch(/^[\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
      }),
    );
  });
});
