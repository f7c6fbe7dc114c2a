#!/usr/bin/env node
// The command `seatrial`. A clone runs its TypeScript as it is; a package that was installed carries compiled JavaScript,
// because Node strips no types under node_modules. Plain JavaScript: an old Node must be able to read this file.
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findNode24, runOnNode24 } from "./node24.mjs";

const compiled = fileURLToPath(new URL("../../dist/harness/cli/main.js", import.meta.url));
const source = fileURLToPath(new URL("./main.ts", import.meta.url));
const main = existsSync(source) ? source : compiled;
if (findNode24() === process.execPath) await import(pathToFileURL(main).href);
else runOnNode24([main, ...process.argv.slice(2)]);
