import { array, assert, constantFrom, property, record, string, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { fits, readLinks, writeLinks } from "./link-format.ts";

describe("link format", () => {
  it("is read as RFC 6690 shows it", () => {
    expect(readLinks('</sensors>;ct=40;title="Sensor Index", </t>;rt="temperature-c core.s";obs')).toEqual([
      {
        target: "/sensors",
        attributes: [
          ["ct", "40"],
          ["title", "Sensor Index"],
        ],
      },
      {
        target: "/t",
        attributes: [
          ["rt", "temperature-c core.s"],
          ["obs", ""],
        ],
      },
    ]);
    expect(readLinks("")).toEqual([]);
  });

  it.each(["x", "<a", "</a>;", "</a> </b>", '</a>;rt="x', "</a>,</b", "</a>;=x"])("is not %s", (text) => {
    expect(readLinks(text)).toBeUndefined();
  });

  it("is read as it was written", () => {
    const links = array(
      record({
        target: constantFrom("/a", "/a/b?c=d", "coap://127.0.0.1:1/x", ""),
        attributes: array(tuple(constantFrom("rt", "if", "ct", "x-y"), string()), { maxLength: 3 }),
      }),
    );
    assert(
      property(links, (given) => {
        expect(readLinks(writeLinks(given))).toEqual(given);
      }),
    );
  });

  it("never takes long over what is none", () => {
    assert(property(string({ maxLength: 2_000 }), (text) => void readLinks(`<${text}`)));
    const before = performance.now();
    readLinks(`</a>${';a="\\\\'.repeat(20_000)}`);
    readLinks(`</a>${";a".repeat(50_000)} x`);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it.each([
    ["rt=core.s", true],
    ["rt=temp*", true],
    ["rt=core", false],
    ["href=/t", true],
    ["href=/x*", false],
    ["if=*", false],
  ])("fits the query %s: %s", (part, expected) => {
    expect(fits({ target: "/t", attributes: [["rt", "temperature-c core.s"]] }, part)).toBe(expected);
  });
});
