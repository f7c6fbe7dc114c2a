// Compiles the TypeScript of this checkout into dist/, for the packed tarball: Node strips no types under node_modules.
// Runs before `npm pack` and `npm publish` (prepack). File by file, because aliases (#contract/x.ts) stay as they are:
// dist/package.json maps them to the compiled files.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dist = join(root, "dist");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What images are built from. */
const ofImages = /^Dockerfile$|^pom[.]xml$|[.]java$|[.]sha256$/;

rmSync(dist, { recursive: true, force: true });
for (const folder of ["harness", "simulator", "attacks", "reports"]) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (/[.]test[.]ts$/.test(name) || path.startsWith(join("harness", "testing"))) continue;
    if (name.endsWith(".ts")) compile(path);
    else if (name.endsWith(".json") || ofImages.test(basename(name))) copy(path);
    else if (name.endsWith(".mjs") && !path.startsWith(join("harness", "cli"))) copy(path);
  }
}
cpSync(join(root, "scenarios"), join(dist, "scenarios"), { recursive: true });
const imports = Object.fromEntries(
  Object.entries(manifest.imports)
    .filter(([alias]) => alias !== "#testing/*")
    .flatMap(([alias, place]) => [
      [alias.replace("*", "*.ts"), place.replace("*", "*.js")],
      [alias, place],
    ]),
);
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ type: "module", imports }, null, 2)}\n`);

function compile(path) {
  const { outputText, diagnostics } = ts.transpileModule(readFileSync(join(root, path), "utf8"), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  if (diagnostics !== undefined && diagnostics.length > 0) {
    throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(diagnostics[0].messageText, "\n")}`);
  }
  write(path.replace(/[.]ts$/, ".js"), outputText);
}

function copy(path) {
  write(path, readFileSync(join(root, path)));
}

function write(path, content) {
  const to = join(dist, relative(".", path));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, content);
}
