import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { k6Home, k6Version } from "./k6-home.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "setup-k6-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ XDG_CACHE_HOME: join(folder, "cache"), PATH: `${join(folder, "bin")}:/usr/bin:/bin` });

/** Puts a program of this name on the PATH that answers `version`, and does this when it is asked to install. */
function putGo(version: string, install = "exit 1"): void {
  const script = `#!/bin/sh\nif [ "$1" = version ]; then echo "${version}"; exit; fi\n${install}\n`;
  put(join(folder, "bin/go"), script);
}

function put(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

const setup = (env: NodeJS.ProcessEnv = environment()) =>
  spawnSync(process.execPath, ["harness/load/setup-k6.mjs"], { env, encoding: "utf8" });
const k6Script = (version: string) =>
  `printf '#!/bin/sh\\necho "k6 v${version} (go)"\\n' > "$GOBIN/k6"; chmod +x "$GOBIN/k6"`;
const recentGo = "go version go1.25.1 linux/amd64";

describe("k6 has one place for each user", () => {
  it.each([
    [{ XDG_CACHE_HOME: "/c", HOME: "/h" }, "/c/seatrial"],
    [{ HOME: "/h" }, "/h/.cache/seatrial"],
    [{ XDG_CACHE_HOME: "relative", HOME: "/h" }, "/h/.cache/seatrial"],
  ])("%j", (given, place) => expect(k6Home(given)).toBe(`${place}/k6-v${k6Version}/k6`));
});

it("builds k6 into its place, prints that alone, and builds no second time", () => {
  putGo(recentGo, k6Script(k6Version));
  const place = k6Home(environment());
  expect(setup()).toMatchObject({ status: 0, stdout: `${place}\n` });
  expect(readdirSync(dirname(place))).toEqual(["k6"]);
  rmSync(join(folder, "bin/go"));
  const again = setup();
  expect(again).toMatchObject({ status: 0, stdout: `${place}\n` });
  expect(again.stderr).toContain("already there");
});

it("builds over a k6 of another version", () => {
  put(k6Home(environment()), '#!/bin/sh\necho "k6 v0.1.0"\n');
  putGo(recentGo, k6Script(k6Version));
  expect(setup()).toMatchObject({ status: 0 });
  expect(spawnSync(k6Home(environment()), ["version"], { encoding: "utf8" }).stdout).toContain(k6Version);
});

describe("ends with 3, says what to do, and leaves no half k6", () => {
  it.each([
    ["a Go that is too old", "go version go1.19.8 linux/amd64", "", /Go 1\.19\.8 is too old[^]*Install Go/],
    ["no network", recentGo, 'echo "dial tcp: lookup proxy: no such host" >&2; exit 1', /cannot be fetched[^]*GOPROXY/],
    ["a full disk", recentGo, 'echo "write /x: no space left on device" >&2; exit 1', /the disk is full[^]*Free about/],
    [
      "a toolchain that may not be fetched",
      recentGo,
      'echo "requires go >= 1.25 (running 1.22)" >&2; exit 1',
      /too old/,
    ],
    ["a k6 of the wrong version", recentGo, k6Script("9.9.9"), /says it is 9\.9\.9/],
  ])("with %s", (_what, version, install, said) => {
    putGo(version, install);
    const { status, stdout, stderr } = setup();
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toMatch(said);
    expect(existsSync(k6Home(environment()))).toBe(false);
    const made = dirname(k6Home(environment()));
    expect(existsSync(made) ? readdirSync(made) : []).toEqual([]);
  });

  it("without Go", () => {
    const { status, stderr } = setup({ ...environment(), PATH: join(folder, "bin") });
    expect(status).toBe(3);
    expect(stderr).toMatch(/there is no Go[^]*go\.dev/);
  });
});
