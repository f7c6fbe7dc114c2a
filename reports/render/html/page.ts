import { html, Markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

/** Nothing may load or run, whatever a device's name contains; only the page's own style is let in. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** Style beside that of every page. */
  readonly style?: string;
  /** What the link for those who skip the head leads to: `report`. */
  readonly subject: string;
  /** Drawn nowhere by itself: patterns that charts refer to. */
  readonly patterns?: Markup;
  readonly head: Markup;
  readonly content: Markup;
  readonly foot: string;
}

/** A whole HTML page without scripts or outside resources. */
export function page({ title, style = "", subject, patterns, head, content, foot }: Page): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} (seatrial)</title>
<style>${new Markup(pageStyle + style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the ${subject}</a>
${patterns !== undefined && html`${patterns}\n`}<div class="page">
${head}
<main id="content">
${content}
</main>
<footer><p>${foot}</p></footer>
</div>
</body>
</html>
`;
}
