import { posix } from "node:path";
import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { Scheme } from "#contract/bench.ts";
import type { ContainerFile, ContainerRecipe, ContainerSetup } from "./container-recipe.ts";
import { tarOf } from "./tar.ts";

/** A listener's port inside, and the one on the host that leads to it. */
export interface PublishedPort {
  readonly inside: number;
  readonly outside: number;
  readonly transport: Transport;
}

export type Transport = "tcp" | "udp";

/** What a listener of this scheme is reached by. */
export function transportOf(scheme: Scheme): Transport {
  return scheme === "coap" || scheme === "coaps" ? "udp" : "tcp";
}

/** A file system that is mounted into a container. */
export interface MountedVolume {
  readonly name: string;
  readonly path: string;
}

/** Files, and the directory in the container that they are unpacked into. */
export interface Archive {
  readonly into: string;
  readonly tar: Buffer;
}

/**
 * Files that a container may hold open, of which a connection is one: what is asked for first, and what less will do for
 * fleets of 10,000 devices where Docker itself may not have more. At last its own limit has to do.
 */
export const openFilesLadder: readonly (number | undefined)[] = [65_536, 20_000, undefined];
const processes = 1_024;
const logBytes = "10m";
/** What an entry point needs that begins as root and goes on as somebody else. */
const toChangeUser = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"];

/** How the container of a system under test is confined and reached. */
export function hostConfigOf(
  recipe: Pick<ContainerRecipe, "memoryBytes" | "readOnlyRoot">,
  setup: Pick<ContainerSetup, "user">,
  ports: readonly PublishedPort[],
  publishOn: string,
  volumes: readonly MountedVolume[],
  openFiles: number | undefined,
): HostConfig {
  return {
    ...confined(recipe.memoryBytes, setup.user === undefined ? toChangeUser : []),
    // The same port after each start: Docker would choose another one if it were left to it.
    PortBindings: Object.fromEntries(
      ports.map(({ inside, outside, transport }) => [
        `${inside}/${transport}`,
        [{ HostIp: publishOn, HostPort: String(outside) }],
      ]),
    ),
    Mounts: volumes.map(mountOf),
    ...(recipe.readOnlyRoot && { ReadonlyRootfs: true, Tmpfs: { "/tmp": "size=16m", "/run": "size=16m,mode=1777" } }),
    ...(openFiles !== undefined && { Ulimits: [{ Name: "nofile", Soft: openFiles, Hard: openFiles }] }),
    LogConfig: { Type: "json-file", Config: { "max-size": logBytes } },
  };
}

/** No Linux capability but these, no way to gain others, no swap, and a limited number of processes. */
export function confined(memoryBytes: number, linuxCapabilities: readonly string[]): HostConfig {
  return {
    CapDrop: ["ALL"],
    CapAdd: [...linuxCapabilities],
    SecurityOpt: ["no-new-privileges"],
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    PidsLimit: processes,
    RestartPolicy: { Name: "no" },
  };
}

/** A volume is mounted as it is: without what the image has at that path. */
export function mountOf({ name, path }: MountedVolume): NonNullable<HostConfig["Mounts"]>[number] {
  return { Type: "volume", Source: name, Target: path, VolumeOptions: noCopy };
}

const noCopy = { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } };

/** What is started, for whom and with what, without the way it is confined. */
export function createOptionsOf(setup: ContainerSetup, ports: readonly PublishedPort[]): ContainerCreateOptions {
  return {
    ...(setup.command && { Cmd: [...setup.command] }),
    ...(setup.user !== undefined && { User: setup.user }),
    Env: Object.entries(setup.environment ?? {}).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries(ports.map(({ inside, transport }) => [`${inside}/${transport}`, {}])),
  };
}

/** Directories of the files; where the root is read-only each must be a volume, as nothing else can be written to. */
export function foldersOf(files: readonly ContainerFile[]): readonly string[] {
  return [...new Set(files.map(({ path }) => posix.dirname(path)))];
}

/**
 * The files as archives that Docker unpacks before the start. They belong to the user of the container where its number
 * is known, so that secrets need not be readable for everybody.
 */
export function archivesOf(
  { files, user }: Pick<ContainerSetup, "files" | "user">,
  readOnlyRoot: boolean,
): readonly Archive[] {
  const [uid = 0, gid = 0] = numbersOf(user) ?? [];
  const tarFrom = (some: readonly ContainerFile[], base: string) =>
    tarOf(
      some.map(({ path, content, mode = 0o644 }) => ({ name: posix.relative(base, path), content, mode, uid, gid })),
    );
  if (files.length === 0) return [];
  // Docker unpacks to a read-only root only where the target lies in a volume; otherwise a missing folder is made on the way.
  const bases = readOnlyRoot ? foldersOf(files) : ["/"];
  return bases.map((into) => ({
    into,
    tar: tarFrom(
      files.filter(({ path }) => into === "/" || posix.dirname(path) === into),
      into,
    ),
  }));
}

/** `1883:1883` as numbers, or undefined for a name. */
export function numbersOf(user: string | undefined): readonly [uid: number, gid: number] | undefined {
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user ?? "") ?? [];
  return uid === undefined ? undefined : [Number(uid), Number(gid ?? uid)];
}
