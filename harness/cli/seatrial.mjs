#!/usr/bin/env node
// The command `seatrial`. A clone runs its TypeScript as it is; a package that was installed carries compiled JavaScript,
// because Node strips no types under node_modules. Plain JavaScript: an old Node must be able to read this file.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runOnNode24 } from "./node24.mjs";

const compiled = fileURLToPath(new URL("../../dist/harness/cli/main.js", import.meta.url));
const source = fileURLToPath(new URL("./main.ts", import.meta.url));
runOnNode24([existsSync(source) ? source : compiled, ...process.argv.slice(2)]);
