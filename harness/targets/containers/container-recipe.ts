import type { Bench, LabAddress, Random, Scheme } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import type { Identities, Identity } from "#contract/identity.ts";
import type { Posture, Protocol, Tally } from "#contract/target.ts";

/** A file that is copied into a container before it starts. */
export interface ContainerFile {
  /** Absolute, inside the container. */
  readonly path: string;
  readonly content: string;
  /** Permission bits; 0o644 unless told otherwise. */
  readonly mode?: number;
}

/** What a system is configured for. */
export interface ContainerSetting {
  readonly posture: Posture;
  /** Devices of the fleets and clients of the loads. */
  readonly devices: number;
  /** Accounts that must be let in, with their rights: the operator everything, the witness to read, a device its own topics. */
  readonly identities: Identities;
  readonly random: Random;
}

/** How a container is started for a setting. */
export interface ContainerSetup {
  readonly files: readonly ContainerFile[];
  /** Replaces the image's own command. */
  readonly command?: readonly string[];
  readonly environment?: { readonly [name: string]: string };
  /** `uid:gid` or a name; the image's own where absent. */
  readonly user?: string;
}

/** A program run inside a container. */
export interface Executed {
  readonly exitCode: number;
  readonly output: string;
}

/** What a recipe may ask of its container once that runs. */
export interface ContainerInside {
  readonly bench: Bench;
  readonly main: LabAddress;
  readonly operator?: Identity;
  /** Runs a program inside, as the container's own user unless told otherwise. */
  exec(command: readonly string[], as?: { readonly user?: string }): Promise<Executed>;
  /** How often it was started; what a system counts itself often begins at nothing with each. */
  readonly starts: number;
  /** Lines of its log so far, over all starts, whose kind is this (see LogTail). */
  logged(kind: string): number;
}

/**
 * All that differs from one containerised system to another; one folder each, with the Dockerfile beside it. The rest
 * (ports, capabilities, capture, disposal) is the same for all: {@link containerTarget}.
 */
export interface ContainerRecipe {
  /** `mosquitto`: the target is `container:mosquitto`. */
  readonly name: string;
  readonly title: string;
  readonly speaks: readonly Protocol[];
  /** Name and tag of the image. One that Debian's packages can provide is `seatrial/…` and has a Dockerfile with ARG BASE_IMAGE here. */
  readonly image: string;
  /** Why nobody has seen it run yet, where that is so. */
  readonly unverified?: string;
  readonly remembersStrain?: boolean;
  /** Of MQTT; absent where it speaks none. */
  readonly protocolLevels?: readonly (3 | 4 | 5)[];
  /** Ports inside, by scheme; the first is the main one. Those of coap and coaps are UDP's. */
  readonly listeners: readonly { readonly scheme: Scheme; readonly port: number; readonly path?: string }[];
  /** The directory that it writes to, a file system of so many bytes in memory; absent where it writes nothing. */
  readonly disk?: { readonly path: string; readonly bytes: number; readonly mode?: string; readonly user?: string };
  /** True where it writes nowhere but to its disk, /tmp and /run, so that the rest can be mounted read-only. */
  readonly readOnlyRoot?: boolean;
  /** Memory that it gets from the start. */
  readonly memoryBytes: number;
  /** The line of its log after which it is worth trying to connect; without it connecting is tried from the start. */
  readonly readyLog?: RegExp;
  /** Most time from start to the first answer, milliseconds. */
  readonly readyWithinMs: number;
  /** Kinds of log lines that are counted; the first that matches counts. `error` is always there. */
  readonly logKinds: readonly (readonly [kind: string, sign: RegExp])[];
  configure(setting: ContainerSetting): Promise<ContainerSetup>;
  /** Product and version, asked inside: `mosquitto 2.0.11`. */
  product(inside: Pick<ContainerInside, "exec">): Promise<string>;
  tally?(inside: ContainerInside): Promise<Tally>;
  /** Identities of its own making; each with an account of its own where absent. */
  identities?(order: Pick<ContainerSetting, "posture" | "devices" | "random">): Identities;
  /** What the resources of a CoAP server are good for. */
  resources?(setting: Pick<ContainerSetting, "posture" | "identities">): CoapResources;
  /** Gives it what it must hold, once it answers, after each start. */
  prepare?(running: {
    readonly bench: Bench;
    readonly main: LabAddress;
    readonly identities: Identities;
  }): Promise<void>;
}
