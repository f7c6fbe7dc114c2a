import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { LabError } from "#contract/errors.ts";
import { docker } from "./docker.ts";
import { type Ended, runProgram } from "./run-program.ts";
import { ScratchFolder } from "./scratch-folder.ts";
import { publishedAt, slimRoot, writeRootFiles } from "./slim-root.ts";
import type { Workshop } from "./workshop.ts";

/** What the base image is to be. */
export interface BaseOrder {
  readonly reference: string;
  readonly suite: string;
  /** `name=value` pairs. */
  readonly labels: readonly string[];
}

/**
 * Throws where this machine or user cannot make a base image.
 * @param places where debootstrap may lie.
 */
export function checkBaseTools(
  { user }: Pick<Workshop, "user">,
  places: readonly string[] = ["/usr/sbin/debootstrap", "/usr/bin/debootstrap"],
): string {
  const debootstrap = places.find((place) => existsSync(place));
  if (debootstrap === undefined) {
    throw new LabError(
      "E_PROGRAM_MISSING",
      "making a base image without a registry needs debootstrap, which is not installed",
      "Install it (sudo apt-get install debootstrap), name a base image that is there with --base, or load a bundle.",
    );
  }
  if (user !== 0) {
    throw new LabError(
      "E_USAGE",
      "making a base image without a registry needs root, because files of many owners are unpacked",
      "Run the same command with sudo (once; what is built on the base needs no root).",
    );
  }
  return debootstrap;
}

/**
 * Makes a base image from Debian's packages: debootstrap into a folder, brought up to date, made small, imported. The
 * folder is gone afterwards however this ends; what is mounted in it is seen by the programs at work only, and goes with
 * them.
 */
export async function makeBase(workshop: Workshop, { reference, suite, labels }: BaseOrder): Promise<void> {
  const debootstrap = checkBaseTools(workshop);
  using scratch = new ScratchFolder(tmpdir());
  const root = join(scratch.path, "root");
  const inside = (words: readonly string[]) => sealed(workshop, ["--mount-proc", `--root=${root}`, "--wd=/", ...words]);

  await sealed(workshop, [debootstrap, "--variant=minbase", suite, root]);
  writeRootFiles(root, suite);
  await inside(["/usr/bin/apt-get", "update"]);
  await inside(["/usr/bin/apt-get", "--yes", "dist-upgrade"]);
  const newest = publishedAt(root);
  slimRoot(root);
  workshop.live("importing the base image into Docker");
  await importRoot(workshop, root, newest, [reference, ...labels.flatMap((label) => ["--change", `LABEL ${label}`])]);
}

/**
 * Runs a program with mounts and processes of its own. Killed with all that it started when the signal aborts, and when
 * this process is killed.
 */
async function sealed(workshop: Workshop, words: readonly string[]): Promise<void> {
  const { signal, live } = workshop;
  const own = ["--mount", "--propagation=private", "--pid", "--fork", "--kill-child=SIGKILL"];
  let ended: Ended;
  try {
    ended = await runProgram("unshare", [...own, ...words], {
      signal,
      environment: { ...workshop.environment, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
      onLine: (line) => live(line.replace(/^I: /, "").slice(0, 100)),
      // While it waits for its child unshare blocks the gentler signals (util-linux 2.38).
      endBy: "SIGKILL",
    });
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError("E_PROGRAM_MISSING", "unshare cannot be run", "Install it (sudo apt-get install util-linux).", {
      cause,
    });
  }
  if (ended.code !== 0) throw baseFault(`${ended.output.slice(-10_000)}\n${ended.errors}`);
}

/** The lab error for what debootstrap, apt or unshare said when it failed. */
export function baseFault(said: string): LabError {
  if (/unshare failed|operation not permitted|cannot create devices|noexec or nodev/i.test(said)) {
    return new LabError(
      "E_USAGE",
      "the base image cannot be made: this root may not mount, or the folder for temporary files is mounted nodev or noexec",
      "Run it outside of a container, or set TMPDIR to a folder on an ordinary disk.",
    );
  }
  if (/failed getting release file|couldn't download|could not resolve|failed to fetch/i.test(said)) {
    return new LabError(
      "E_IMAGE",
      "the base image cannot be made: Debian's packages cannot be fetched",
      "Check the network (http_proxy is honoured); on a machine without any, load a bundle: seatrial images load.",
    );
  }
  if (/no space left on device|disk quota exceeded/i.test(said)) {
    return new LabError(
      "E_STORE",
      "the base image cannot be made: the disk is full",
      "Free about 1 GB, or set TMPDIR to a folder on a disk that has it.",
    );
  }
  const last = said.trim().split("\n").slice(-12).join("\n    ");
  return new LabError(
    "E_IMAGE",
    `the base image cannot be made:\n    ${last}`,
    "The lines above are the own words of debootstrap or apt.",
  );
}

async function importRoot(workshop: Workshop, root: string, newest: number, words: readonly string[]): Promise<void> {
  const pipe = new PassThrough();
  const { signal, environment } = workshop;
  // Sorted, with numeric owners and no time later than the archive's: the same packages give the same layer.
  const how = [
    "--sort=name",
    "--numeric-owner",
    "--clamp-mtime",
    `--mtime=@${newest}`,
    "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime",
  ];
  const given = ["--change", 'CMD ["/bin/bash"]', "--change", "ENV LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive"];
  const [reference = "", ...changes] = words;
  const packed = runProgram("tar", ["--create", "--directory", root, ...how, "."], {
    signal,
    environment,
    output: pipe,
  });
  const imported = docker(
    workshop,
    ["import", ...given, ...changes, "-", reference],
    "the base image cannot be imported",
    {
      input: pipe,
    },
  );
  const [tar, took] = await Promise.allSettled([packed, imported]);
  if (took.status === "rejected") throw took.reason;
  if (tar.status === "rejected") throw tar.reason;
  if (tar.value.code !== 0) throw baseFault(tar.value.errors);
}
