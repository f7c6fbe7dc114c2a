// `npm run setup:k6`: builds k6 from source into the user's cache, where loads look for it. k6 is a Go program; what npm
// calls k6 is an empty package. Plain JavaScript without newer syntax: it runs on the Node of the machine.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { k6Home, k6Version } from "./k6-home.mjs";

// From Go 1.21 on, an older Go fetches the one that a module asks for by itself.
const oldestGo = [1, 21];
const installGo =
  "Install Go 1.25 or newer from https://go.dev/dl/ (Debian 12 has 1.19, which is too old), and try again.";

/** Why this Go cannot build k6, or undefined where it can. `said` is what `go version` prints; undefined where there is no Go. */
export function unfitGo(said) {
  if (said === undefined) return "there is no Go on this machine, and k6 is built from source";
  const found = /go version go(\d+)\.(\d+)(\S*)/.exec(said);
  if (found === null) return `"go version" says ${JSON.stringify(said.trim())}, which is no version of Go`;
  const [, major, minor, rest] = found;
  const isOld = Number(major) < oldestGo[0] || (Number(major) === oldestGo[0] && Number(minor) < oldestGo[1]);
  return isOld ? `Go ${major}.${minor}${rest} is too old to build k6 ${k6Version}` : undefined;
}

/** What a failed build means, and what to do next, from what Go wrote. */
export function whyNoBuild(output) {
  if (/no space left on device|disk quota exceeded/i.test(output)) {
    return ["the disk is full", "Free about 2 GB (sources, Go's build cache and k6 itself), and try again."];
  }
  if (/dial tcp|no such host|i\/o timeout|connection refused|network is unreachable|TLS handshake/i.test(output)) {
    return [
      "the sources of k6 cannot be fetched",
      "Check the network, or set GOPROXY to a mirror that you can reach; or copy a k6 from another machine (docs/images.md).",
    ];
  }
  if (/toolchain not available|requires go >= /i.test(output)) return ["this Go is too old for k6", installGo];
  if (/permission denied/i.test(output)) {
    return ["a folder cannot be written", "Make it yours, or set XDG_CACHE_HOME and GOPATH to folders that are."];
  }
  return ["the build failed", "Go's own words are above."];
}

/** The version that a k6 tells, `1.8.1`; undefined where it does not run. */
function versionOf(path) {
  if (!existsSync(path)) return undefined;
  const { stdout } = spawnSync(path, ["version"], { encoding: "utf8", timeout: 20_000 });
  return /\bv(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1];
}

function fail(what, hint) {
  process.stderr.write(`setup:k6: ${what}\n  ${hint}\n`);
  return 3;
}

function build(folder) {
  const env = { GOFLAGS: "-mod=mod", ...process.env, GOBIN: folder, CGO_ENABLED: "0" };
  // Without symbol tables and paths of this machine: 50 MB instead of 70, and it runs on any Linux (no C library).
  const words = ["install", "-trimpath", "-ldflags=-s -w", `go.k6.io/k6@v${k6Version}`];
  const go = spawn("go", words, { env, stdio: ["ignore", "inherit", "pipe"] });
  let said = "";
  go.stderr.on("data", (text) => {
    process.stderr.write(text);
    said = `${said}${text}`.slice(-20_000);
  });
  const began = Date.now();
  const progress = setInterval(() => {
    process.stderr.write(`setup:k6: still building (${Math.round((Date.now() - began) / 1000)} s)\n`);
  }, 20_000);
  // The terminal sends Ctrl-C to Go as well; this process stays to tidy up.
  process.on("SIGINT", () => go.kill("SIGINT"));
  process.on("SIGTERM", () => go.kill("SIGTERM"));
  return new Promise((resolve) => {
    const end = (code, signal) => {
      clearInterval(progress);
      resolve({ code, signal, said });
    };
    go.on("error", (error) => {
      said += error.message;
      end(1, null);
    });
    go.on("close", end);
  });
}

async function main() {
  const path = k6Home(process.env);
  if (versionOf(path) === k6Version) {
    process.stderr.write(`setup:k6: k6 ${k6Version} is already there\n`);
    process.stdout.write(`${path}\n`);
    return 0;
  }
  const { stdout, error } = spawnSync("go", ["version"], {
    encoding: "utf8",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const unfit = unfitGo(error === undefined ? stdout : undefined);
  if (unfit !== undefined) return fail(unfit, installGo);
  process.stderr.write(
    `setup:k6: building k6 ${k6Version} from source into ${dirname(path)}\n` +
      "setup:k6: this takes one to two minutes on two cores and about 2 GB of disk, most of it Go's build cache\n",
  );
  let draft;
  try {
    mkdirSync(dirname(path), { recursive: true });
    draft = mkdtempSync(join(dirname(path), "draft-"));
  } catch (cause) {
    return fail(
      `${dirname(path)} cannot be written: ${cause.message}`,
      "Set XDG_CACHE_HOME to a folder that is yours.",
    );
  }
  const began = Date.now();
  try {
    const { code, signal, said } = await build(draft);
    if (signal === "SIGINT" || signal === "SIGTERM" || code === 130) return 130;
    if (code !== 0) return fail(...whyNoBuild(said));
    const built = join(draft, process.platform === "win32" ? "k6.exe" : "k6");
    const version = versionOf(built);
    if (version !== k6Version) return fail(`what was built says it is ${version}`, `Look at ${built}.`);
    renameSync(built, path);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stderr.write(`setup:k6: built in ${seconds} s, ${Math.round(statSync(path).size / 1e6)} MB\n`);
  process.stdout.write(`${path}\n`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
