import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LabError } from "#contract/errors.ts";
import { k6Home } from "#load/k6-home.mjs";
import { makeBase } from "./base-image.ts";
import { buildImages } from "./build-images.ts";
import { findImages } from "./find-images.ts";
import { headBytes } from "./image-bundle.ts";
import type { LabImage } from "./lab-image.ts";
import { loadBundle } from "./load-bundle.ts";
import { presentImage } from "./present-images.ts";
import { saveBundle } from "./save-bundle.ts";
import type { Workshop } from "./workshop.ts";

/** Everything here is tagged apart from what runs use. */
const own = `seatrial-test-${process.pid}`;
const base = `${own}/base:bookworm`;
const minutes = 60_000;

const workshop: Workshop = {
  environment: process.env,
  k6: k6Home(process.env),
  user: process.geteuid?.(),
  signal: new AbortController().signal,
  nowMs: () => performance.now(),
  say: () => {},
  live: () => {},
};

const docker = (...words: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync("docker", words, { encoding: "utf8", timeout: 90_000 });
  return { stdout, stderr, status };
};
const idOf = async (reference: string) => (await presentImage(workshop, reference))?.id;
const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`seatrial-images-${process.pid}-`));
const mounts = () =>
  readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes("seatrial-images-"));

/** The image of this name, under a tag of ours. */
async function image(name: string): Promise<LabImage> {
  const all = await findImages(new URL("../../", import.meta.url), "0.0.0-test");
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return { ...found, reference: found.reference.replace(/^seatrial/, own) };
}

const order = { offline: false, base, suite: "bookworm", force: false };

beforeAll(async () => {
  await makeBase(workshop, { reference: base, suite: "bookworm", labels: ['seatrial.image="1"'] });
}, 5 * minutes);

afterAll(() => {
  for (const reference of docker("images", "--format", "{{.Repository}}:{{.Tag}}", `${own}/*`).stdout.split("\n")) {
    if (reference !== "") docker("rmi", reference);
  }
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a base image from Debian's packages", () => {
  it("is small, labelled, and leaves neither folder nor mount behind", async () => {
    const made = await presentImage(workshop, base);
    expect(made?.labels).toMatchObject({ "seatrial.image": "1" });
    expect(made?.bytes).toBeLessThan(90e6);
    expect(leftovers()).toEqual([]);
    expect(mounts()).toEqual([]);
  });

  it("runs, and can be installed into", () => {
    const { stdout } = docker(
      "run",
      "--rm",
      base,
      "sh",
      "-c",
      "apt-get update -qq && apt-get install -qq tini && tini --version",
    );
    expect(stdout).toMatch(/^tini version/m);
  });

  it("that is ended midway leaves nothing behind", async () => {
    const controller = new AbortController();
    const ended = new LabError("E_INTERRUPTED", "ended", "");
    const live = (line: string) => void (/^(Extracting|Unpacking)/.test(line) && controller.abort(ended));
    const making = makeBase(
      { ...workshop, live, signal: controller.signal },
      {
        reference: `${own}/ended:1`,
        suite: "bookworm",
        labels: [],
      },
    );
    await expect(making).rejects.toBe(ended);
    expect(leftovers()).toEqual([]);
    expect(mounts()).toEqual([]);
    expect(await idOf(`${own}/ended:1`)).toBeUndefined();
  });
});

describe("an image with a Dockerfile", () => {
  it("is built on that base, keeps while nothing changes, and is built anew by force", async () => {
    const mosquitto = await image("mosquitto");
    const build = (force = false) => buildImages(workshop, [mosquitto], { ...order, names: ["mosquitto"], force });
    const [first] = await build();
    expect(first).toMatchObject({ state: "built", reference: mosquitto.reference });
    expect((await presentImage(workshop, mosquitto.reference))?.labels).toMatchObject({
      "org.opencontainers.image.version": "2.0.11",
      "seatrial.image": "1",
    });
    expect(docker("run", "--rm", mosquitto.reference, "mosquitto", "-h").stdout).toContain("mosquitto version 2.0.11");
    expect(await build()).toMatchObject([{ state: "skipped", id: first?.id }]);
    expect(await build(true)).toMatchObject([{ state: "built" }]);
    expect(docker("image", "inspect", first?.id ?? "")).toMatchObject({ status: 1 });
  });

  it("that cannot be built says why", async () => {
    const mosquitto = await image("mosquitto");
    const build = buildImages(workshop, [mosquitto], { ...order, names: ["mosquitto"], base: `${own}/nothing:1` });
    await expect(build).rejects.toMatchObject({ code: "E_IMAGE", hint: expect.stringContaining("--offline") });
  });
});

/** Saves the base image into this file. */
async function save(to: string) {
  const saved: LabImage = { ...(await image("base")), reference: base };
  return saveBundle(workshop, [saved], {
    names: ["base"],
    to,
    seatrial: "0.0.0",
    madeAt: "2026-01-02T03:04:05.000Z",
  });
}

describe("a bundle", () => {
  it("brings back the same image, and is read by docker load as well", async () => {
    const to = join(folder, "b.tar");
    const before = await idOf(base);
    await save(to);
    expect(readdirSync(folder)).toEqual(["b.tar"]);
    docker("tag", base, `${own}/kept:1`);
    docker("rmi", base);
    expect(await idOf(base)).toBeUndefined();
    await loadBundle(workshop, to);
    expect(await idOf(base)).toBe(before);
    expect(docker("load", "--input", to)).toMatchObject({ status: 0, stdout: expect.stringContaining(base) });
  });

  it.each([
    ["one byte changed", (path: string) => flipByte(path, headBytes + 1_000_000)],
    ["its end cut off", async (path: string) => truncateSync(path, 20_000_000)],
  ])("with %s is refused, and nothing of it is loaded", async (_what, harm) => {
    const to = join(folder, "b.tar");
    await save(to);
    await harm(to);
    docker("tag", base, `${own}/kept:1`);
    docker("rmi", base);
    await expect(loadBundle(workshop, to)).rejects.toMatchObject({ code: "E_IMAGE" });
    expect(await idOf(base)).toBeUndefined();
    docker("tag", `${own}/kept:1`, base);
  });

  it("that cannot be finished leaves the one that was there", async () => {
    const to = join(folder, "b.tar");
    await save(to);
    const before = readFileSync(to).subarray(0, headBytes);
    const controller = new AbortController();
    const ended = new LabError("E_INTERRUPTED", "ended", "");
    const saved: LabImage = { ...(await image("base")), reference: base };
    const live = () => controller.abort(ended);
    const again = saveBundle({ ...workshop, live, signal: controller.signal }, [saved], {
      names: [],
      to,
      seatrial: "9.9.9",
      madeAt: "2026-01-02T03:04:05.000Z",
    });
    await expect(again).rejects.toBe(ended);
    expect(readdirSync(folder)).toEqual(["b.tar"]);
    expect(readFileSync(to).subarray(0, headBytes).equals(before)).toBe(true);
  });
});

describe("the image of seatrial", () => {
  it(
    "runs a scenario read-only and as nobody in particular, and ends in order when it is stopped",
    async () => {
      const seatrial = await image("seatrial");
      const [built] = await buildImages(workshop, [seatrial], { ...order, names: ["seatrial"] });
      expect(built?.bytes).toBeLessThan(220e6);
      const remains = docker(
        "images",
        "--quiet",
        "--filter",
        "dangling=true",
        "--filter",
        "label=seatrial.part=seatrial",
      );
      expect(remains.stdout).toBe("");
      const run = ["run", "--rm", "--network", "host", "--read-only", "--tmpfs", "/tmp", "--user", "12345:12345"];
      const mounted = [...run, "--tmpfs", "/runs:mode=1777", "--name", own, seatrial.reference];
      expect(docker(...run, seatrial.reference, "list", "attacks").stdout).toContain("mqtt.topic-snoop");
      expect(docker(...run, "--entrypoint", "k6", seatrial.reference, "version").stdout).toMatch(/^k6 v\d/);
      const { status, stdout } = docker(...mounted, "run", "broker-outage", "--out", "/runs");
      // How the scenario ends is not the image's to say; that it was run, judged and written is.
      expect([0, 1, 2]).toContain(status);
      expect(stdout).toMatch(/^ *\/runs\/.+\/report\.html$/m);
      const stopped = docker(...mounted.toSpliced(1, 1, "--detach"), "run", "broker-outage", "--out", "/runs");
      expect(stopped.status).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      docker("stop", "--time", "20", own);
      expect(docker("inspect", "--format", "{{.State.ExitCode}}", own).stdout.trim()).toBe("130");
      docker("rm", "--force", own);
    },
    5 * minutes,
  );
});

async function flipByte(path: string, at: number): Promise<void> {
  await using file = await open(path, "r+");
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
}
