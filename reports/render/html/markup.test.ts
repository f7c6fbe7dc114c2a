import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { html, type Markup } from "./markup.ts";

describe("html", () => {
  it("escapes what stands between tags and in attributes", () => {
    expect(html`<a href="${`" onx='&<>`}">${"</a><script>"}</a>`.text).toBe(
      '<a href="&quot; onx=&#39;&amp;&lt;&gt;">&lt;/a&gt;&lt;script&gt;</a>',
    );
  });

  it("keeps markup, joins lists and leaves out what is missing", () => {
    expect(html`<p>${[html`<b>${1}</b>`, false, undefined, "<"]}</p>`.text).toBe("<p><b>1</b>&lt;</p>");
  });

  it("does not take an object that only looks like markup for it", () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON from a stored run could hold in a string's place
    const fake = JSON.parse('{"text":"<script>"}') as Markup;
    expect(() => html`${fake}`).toThrow(TypeError);
  });

  it("lets no string out of a text or a quoted attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = html`${text}`.text;
        expect(written).not.toMatch(/[<>"']/);
        expect(written.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      }),
    );
  });
});
