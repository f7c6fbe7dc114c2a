import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inwardLink, relativeLink } from "./relative-link.ts";

describe("relativeLink", () => {
  it.each([
    ["../runs/2026-01-01 harbour/report.html", "./../runs/2026-01-01%20harbour/report.html"],
    ["javascript:alert(1)", "./javascript%3Aalert%281%29"],
    ["//example.org/x", "./example.org/x"],
    ["load/mqtt.connect-storm#2/dashboard.html", "./load/mqtt.connect-storm%232/dashboard.html"],
    ["a\\b?c", "./a%5Cb%3Fc"],
  ])("turns %s into %s", (path, expected) => {
    expect(relativeLink(path)).toBe(expected);
  });

  it("never leaves the page's own place, nor the brackets of Markdown, whatever the path holds", () => {
    const page = "file:///runs/one/two/report.html";
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (path) => {
        expect(relativeLink(path)).toMatch(/^\.\/[\w./~%-]*$/);
        expect(new URL(relativeLink(path), page).protocol).toBe("file:");
        expect(new URL(inwardLink(path), page).pathname).toMatch(/^\/runs\/one\/two\//);
      }),
    );
  });
});
