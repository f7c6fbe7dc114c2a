import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findK6 } from "./find-k6.ts";
import { findK6Image } from "./find-k6-image.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "seatrial-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A docker client on a machine that has these images, the newest first, each with what its k6 says of its version. */
function dockerWith(images: Readonly<Record<string, string>>, info = `${hostname()} ["name=seccomp"]`): void {
  writeFileSync(
    join(folder, "images"),
    Object.keys(images)
      .map((name) => `${name}\n`)
      .join(""),
  );
  const versions = Object.entries(images).map(([name, says]) => `  *" ${name} version") echo "${says}";;`);
  const script = [
    "#!/bin/sh",
    `echo "$DOCKER_HOST $*" >> ${join(folder, "asked")}`,
    'for last in "$@"; do :; done',
    'case "$1" in',
    `info) echo '${info}';;`,
    // A tag is listed for its own name, and for that of its repository.
    `image) while read -r tag; do case "$last" in "$tag"|"\${tag%:*}") echo "$tag";; esac; done < ${join(folder, "images")};;`,
    'run) case "$*" in',
    ...versions,
    "  *) exit 125;; esac;;",
    "*) exit 1;;",
    "esac",
  ];
  writeFileSync(join(folder, "docker"), `${script.join("\n")}\n`, { mode: 0o755 });
}

const environment = () => ({ PATH: folder, HOME: folder });
const asked = () => (existsSync(join(folder, "asked")) ? readFileSync(join(folder, "asked"), "utf8") : "");
const k6 = "k6 v1.8.1 (go1.26, linux/amd64)";

describe.runIf(process.platform === "linux")("the image whose k6 is used", () => {
  it("is that of k6 itself before that of seatrial", async () => {
    dockerWith({ "seatrial/seatrial:9.0.0": k6, "grafana/k6:1.8.1": k6 });
    expect(await findK6Image(environment())).toMatchObject({ image: "grafana/k6:1.8.1", version: "1.8.1" });
  });

  it("is else the newest of seatrial", async () => {
    dockerWith({ "seatrial/seatrial:0.2.0": "k6 v1.9.0", "seatrial/seatrial:0.1.0": k6, "grafana/k6:0.57.0": k6 });
    expect(await findK6Image(environment())).toMatchObject({ image: "seatrial/seatrial:0.2.0", version: "1.9.0" });
  });

  it.each([
    ["says nothing of k6", "hello"],
    ["is too old", "k6 v0.57.0 (go1.23)"],
  ])("is not one that %s", async (_what, says) => {
    dockerWith({ "grafana/k6:1.8.1": says, "seatrial/seatrial:0.1.0": k6 });
    expect(await findK6Image(environment())).toMatchObject({ image: "seatrial/seatrial:0.1.0" });
  });

  it("is never pulled", async () => {
    dockerWith({});
    expect(await findK6Image(environment())).toBeUndefined();
    expect(asked()).not.toMatch(/ (pull|run) /);
    dockerWith({ "grafana/k6:1.8.1": k6 });
    await findK6Image(environment());
    expect(asked()).toMatch(/ run .*--pull=never/);
  });

  it("is used only where a program is not installed", async () => {
    dockerWith({ "grafana/k6:1.8.1": k6 });
    expect(await findK6(environment(), [])).toMatchObject({ image: "grafana/k6:1.8.1" });
    const path = join(folder, "k6");
    writeFileSync(path, `#!/bin/sh\necho '${k6}'\n`, { mode: 0o755 });
    expect(await findK6(environment(), [])).toEqual({ path, version: "1.8.1" });
  });

  it("leaves the sentence as it is where there is none", async () => {
    dockerWith({});
    expect(await findK6(environment(), [])).toBe("k6 is not installed");
  });
});

describe.runIf(process.platform === "linux")("a Docker", () => {
  it("on another machine is not asked", async () => {
    dockerWith({ "grafana/k6:1.8.1": k6 });
    for (const host of ["tcp://192.0.2.1:2375", "ssh://somebody@192.0.2.1"]) {
      expect(await findK6Image({ ...environment(), DOCKER_HOST: host })).toBeUndefined();
    }
    expect(asked()).toBe("");
  });

  it("is asked at the socket that DOCKER_HOST names, and else at the usual one", async () => {
    dockerWith({ "grafana/k6:1.8.1": k6 });
    await findK6Image({ ...environment(), DOCKER_HOST: "unix:///run/own.sock" });
    expect(asked()).toMatch(/^unix:\/\/\/run\/own\.sock info/);
    rmSync(join(folder, "asked"));
    await findK6Image(environment());
    expect(asked()).toMatch(/^unix:\/\/\/var\/run\/docker\.sock info/);
  });

  it.each([
    ["in a virtual machine", 'docker-desktop ["name=seccomp"]'],
    ["without root", `${hostname()} ["name=seccomp","name=rootless"]`],
  ])("%s does not share loopback, so its images do not serve", async (_where, info) => {
    dockerWith({ "grafana/k6:1.8.1": k6 }, info);
    expect(await findK6Image(environment())).toBeUndefined();
  });

  it("that does not answer has none", async () => {
    writeFileSync(join(folder, "docker"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    expect(await findK6Image(environment())).toBeUndefined();
  });
});
