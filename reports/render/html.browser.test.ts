import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "#contract/report.ts";
import { hostileReport } from "#testing/hostile-report.ts";
import { sampleLoadRun } from "#testing/sample-load.ts";
import { sampleChecks, sampleRun } from "#testing/sample-run.ts";
import { compare } from "../compare/compare.ts";
import { renderComparison } from "../compare/render-comparison.ts";
import { judge } from "../judge/judge.ts";
import { html } from "./html.ts";
import { junit } from "./junit.ts";

const executablePath = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
].find((path) => existsSync(path));

const quiet = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const report = judge(sampleRun(), sampleChecks, { historyDigest: "ab".repeat(32) });
const loaded = judge(sampleLoadRun(), sampleChecks);
const comparison = compare([
  { report, href: "../one/report.html" },
  { report: loaded, href: "../two/report.html" },
]);
const comparisonPage = renderComparison(comparison)[0]?.content ?? "";
const attack = `"'><img src=x onerror="document.title='owned'"><script>alert(1)</script></style></svg><a href="javascript:alert(2)">`;

/** What axe complains about, with every detail open. */
async function violationsOf(page: Page): Promise<unknown> {
  await page.addScriptTag({ path: axe });
  return page.evaluate(`(async () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html, any }) => [html.slice(0, 160), any.map(({ message }) => message)])]);
  })()`);
}

describe.skipIf(executablePath === undefined)("the HTML report in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "seatrial-report-"));
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", ...quiet],
    });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report, or a page that is drawn already, from disk; `scripts` only for the tools that look at it. */
  async function open(
    of: Report | string,
    name: string,
    options: { readonly scripts?: boolean; readonly scheme?: "light" | "dark"; readonly width?: number } = {},
  ) {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, typeof of === "string" ? of : (html.render(of)[0]?.content ?? ""));
    const context = await browser.newContext({
      javaScriptEnabled: options.scripts ?? false,
      bypassCSP: options.scripts ?? false,
      colorScheme: options.scheme ?? "light",
      viewport: { width: options.width ?? 1_000, height: 900 },
    });
    const page = await context.newPage();
    const seen = { requests: new Set<string>(), dialogs: 0, complaints: new Set<string>() };
    page.on("request", (request) => seen.requests.add(request.url()));
    page.on("dialog", (dialog) => {
      seen.dialogs += 1;
      void dialog.dismiss();
    });
    page.on("console", (message) => seen.complaints.add(message.text()));
    const address = pathToFileURL(file).href;
    await page.goto(address);
    return { page, seen, address, [Symbol.asyncDispose]: () => context.close() };
  }

  it.each(["light", "dark"] as const)("passes axe, %s, with every detail open", async (scheme) => {
    await using opened = await open(report, scheme, { scheme, scripts: true });
    expect(await violationsOf(opened.page)).toEqual([]);
  });

  it("passes axe without a score, without a fleet and without findings", async () => {
    const { product: _, ...header } = sampleRun().header;
    await using opened = await open(
      judge({ header: { ...header, fleets: [], expects: [] }, history: [] }, []),
      "bare",
      { scripts: true },
    );
    expect(await violationsOf(opened.page)).toEqual([]);
  });

  it.each(["light", "dark"] as const)("passes axe, %s, with loads and with runs side by side", async (scheme) => {
    for (const [name, of] of [
      ["loads", loaded],
      ["comparison", comparisonPage],
    ] as const) {
      await using opened = await open(of, `${name}-${scheme}`, { scheme, scripts: true });
      expect(await violationsOf(opened.page)).toEqual([]);
    }
  });

  it("opens from disk with scripts off, asks for nothing else, and complains about nothing", async () => {
    await using opened = await open(report, "plain");
    expect(await opened.page.locator("h1").textContent()).toBe("Harbour Home hub, firmware 4.2.0");
    expect([...opened.seen.requests]).toEqual([opened.address]);
    expect([...opened.seen.complaints]).toEqual([]);
  });

  it("fits a screen of 320 pixels without scrolling sideways", async () => {
    for (const [at, of] of [report, loaded, comparisonPage].entries()) {
      await using opened = await open(of, `narrow-${at}`, { scripts: true, width: 320 });
      const overhang = await opened.page.evaluate(`(() => {
        for (const each of document.querySelectorAll("details")) each.open = true;
        return document.documentElement.scrollWidth - document.documentElement.clientWidth;
      })()`);
      expect(overhang).toBe(0);
    }
  });

  it("opens practices and evidence on paper, and leaves the data of charts closed", async () => {
    await using opened = await open(report, "paper");
    await opened.page.emulateMedia({ media: "print" });
    expect(await opened.page.locator("#check-P1\\.1-closed-by-default").isVisible()).toBe(true);
    expect(await opened.page.locator("details.data table").first().isVisible()).toBe(false);
  });

  it("lets no hostile string become an element, a script or a link", async () => {
    await using harmless = await open(hostileReport(judge, "x".repeat(attack.length)), "harmless", { scripts: true });
    await using hostile = await open(hostileReport(judge, attack), "hostile", { scripts: true });
    const shape = `[...document.querySelectorAll("*")].map((each) => each.tagName + "[" + [...each.attributes].map(({ name }) => name).join() + "]")`;
    expect(await hostile.page.evaluate(shape)).toEqual(await harmless.page.evaluate(shape));
    expect(await hostile.page.title()).not.toBe("owned");
    expect(hostile.seen.dialogs).toBe(0);
    expect([...hostile.seen.requests]).toEqual([hostile.address]);
    expect(await hostile.page.locator("h1").textContent()).toBe(attack);
  });

  it("writes JUnit that an XML parser reads, hostile strings and all", async () => {
    await using opened = await open(report, "parser", { scripts: true });
    for (const each of [report, hostileReport(judge, `${attack}\u0000]]>`)]) {
      const xml = junit.render(each)[0]?.content ?? "";
      const parsed = await opened.page.evaluate(
        `(() => { const read = new DOMParser().parseFromString(${JSON.stringify(xml)}, "application/xml"); return [read.querySelectorAll("parsererror").length, read.querySelectorAll("testsuite").length]; })()`,
      );
      expect(parsed).toEqual([0, 23]);
    }
  });
});
