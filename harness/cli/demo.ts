import { fileURLToPath } from "node:url";
import { assessmentOf } from "./assess.ts";
import { home, loadCatalogue } from "./catalogue.ts";
import { type Executed, execute } from "./execute.ts";
import { interruption } from "./interruption.ts";
import { leftOut } from "./left-out.ts";
import type { RunOptions } from "./options.ts";
import { defaultFormats } from "./report-files.ts";
import { findingsOf, scoreLine } from "./summary.ts";
import { markOf, type Terminal } from "./terminal.ts";

const product = fileURLToPath(new URL("scenarios/products/demo.yaml", home));
const postures = ["weak", "hardened"] as const;

/** `npm start`: the same product, once configured carelessly and once with care, at the same time and side by side. */
export async function demo(_: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const catalogue = await loadCatalogue();
  const signal = interruption(terminal);
  terminal.line("Assessing a demo product twice, weak and hardened; this takes about a minute.");
  const assessing = postures.map((posture) =>
    execute(assessmentOf(product, { ...options, knob: [], only: [], skip: [], posture }, catalogue), {
      catalogue,
      terminal: labelled(terminal, posture),
      seed: options.seed,
      out: options.out,
      formats: defaultFormats,
      command: `seatrial assess scenarios/products/demo.yaml --posture ${posture} --seed ${options.seed}`,
      signal,
    }),
  );
  // Both come to their end, and dispose of what they started, before a failure of one is passed on.
  await Promise.allSettled(assessing);
  const [weak, hardened] = await Promise.all(assessing);
  if (weak !== undefined && hardened !== undefined) printSideBySide(weak, hardened, options, terminal);
  return 0;
}

/** The same terminal, with the posture before each line of progress. */
function labelled(terminal: Terminal, posture: string): Terminal {
  const label = terminal.paint("dim", posture.padEnd(9));
  return {
    ...terminal,
    line: (text) => terminal.line(label + text),
    live: (text) => terminal.live(label + text),
  };
}

function printSideBySide(weak: Executed, hardened: Executed, options: RunOptions, terminal: Terminal): void {
  if (options.json) {
    terminal.result(JSON.stringify({ weak: weak.report, hardened: hardened.report }));
    return;
  }
  const { paint } = terminal;
  const careful = new Map(findingsOf(hardened.report).map((finding) => [finding.check, finding]));
  terminal.result("");
  terminal.result(paint("bold", "weak  hardened  question"));
  for (const finding of findingsOf(weak.report)) {
    const other = careful.get(finding.check);
    const right = other === undefined ? "    " : markOf(other.verdict, terminal);
    terminal.result(`${markOf(finding.verdict, terminal)}  ${right}      ${finding.asks}`);
  }
  terminal.result("");
  for (const [name, { report, directory, files }] of [
    ["weak", weak],
    ["hardened", hardened],
  ] as const) {
    terminal.result(`${paint("bold", name.padEnd(8))}  ${scoreLine(report) ?? report.verdict}`);
    const html = files.find((file) => file.endsWith(".html")) ?? files[0] ?? "";
    terminal.result(`          ${directory}/${html}`);
  }
  terminal.result("");
  const lacks = leftOut(process.env);
  if (lacks.length > 0) terminal.result(`Not on this machine: ${lacks.join("; ")}.`);
  terminal.result(
    "Next: seatrial assess <your product.yaml> --target mqtt://127.0.0.1:1883 (see docs/getting-started.md)",
  );
}
