import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, plain } from "./escape.ts";

describe("plain", () => {
  it("defuses links, images, mentions, emphasis, HTML and table cells", () => {
    const text = plain("[x](http://a) ![i](//b) @you **b** <img> | www.c.d #12 $x$");
    expect(text).not.toMatch(/[[\]<>|*$]|@you|:\/\/|www\.|!\[|#12\b/);
  });

  it("leaves no character that could begin markup", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(plain(text).replaceAll(/&#\d+;/g, "")).not.toMatch(/[&<>"'`*_[\]|\\~#$^{}!@\n\t]/);
      }),
    );
  });

  it("leaves ordinary sentences readable", () => {
    expect(plain("9 of 10 devices were back after 7.4 s (all)")).toBe("9 of 10 devices were back after 7.4 s (all)");
  });
});

describe("code", () => {
  it.each([
    ["plain", "`plain`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    ["a|b", "`a\\|b`"],
    ["a\nb", "`a b`"],
    ["", "`  `"],
  ])("fences %j", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("uses a fence that the text does not contain", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", " ", "|") }), (text) => {
        const written = code(text);
        const fence = /^`+/.exec(written)?.[0] ?? "";
        const inside = written.slice(fence.length, -fence.length);
        expect([...inside.matchAll(/`+/g)].map(([ticks]) => ticks)).not.toContain(fence);
      }),
    );
  });
});
