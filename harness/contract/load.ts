import type { z } from "zod";
import type { Bench, LabAddress, Scheme } from "./bench.ts";
import type { DeviceIdentity, Identity } from "./identity.ts";
import type { Histogram } from "./latency.ts";
import type { Environment, Left, Protocol, Tally, TargetFacts } from "./target.ts";

/** What the lab itself saw pass between a load and its target. */
export interface PacketCounts {
  /** CONNECT packets, and how many CONNACKs accepted one. */
  readonly connects: number;
  readonly accepted: number;
  /** PUBLISH packets from the load, and to the load. */
  readonly published: number;
  readonly delivered: number;
}

/** Where a load works, as whom, and who counts along. */
export interface LoadSeat {
  /** Leads through the lab's own counter to the target. */
  readonly at: LabAddress;
  /** One for each client of the load. */
  readonly identities: readonly DeviceIdentity[];
  readonly operator?: Identity;
  readonly facts: TargetFacts;
  /** Packets that have passed so far. */
  counted(): PacketCounts;
  /** The target's own counters, where it has any. */
  readonly tally?: () => Promise<Tally>;
  /** A folder that is kept with the run; files put there belong to this load alone. */
  readonly folder: string;
  /** The same folder as a path relative to the run directory, with `/`. */
  readonly folderInRun: string;
  readonly lease: (left: Left) => void;
  readonly environment: Environment;
}

/** The operations of honest clients whose success and time are told apart. */
export type Operation = "connect" | "publish" | "deliver" | "resume";

/** One operation over a second. */
export interface OperationCount {
  readonly ok: number;
  readonly failed: number;
  /** Time that those took which succeeded, milliseconds. */
  readonly ms: Histogram;
}

/** Detail of the note `load.second`, written about once a second while a load runs. */
export interface LoadSecond {
  /** Milliseconds since the run began. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly operations: { readonly [operation in Operation]?: OperationCount };
  /** Clients at work. */
  readonly clients: number;
  /** Iterations that the generator could not start in time. */
  readonly dropped: number;
  /** Processor time that the generator used, in cores. */
  readonly cores?: number;
}

/** Detail of the note `load.threshold`: one threshold as the generator judged it. */
export interface LoadThreshold {
  readonly metric: string;
  /** As written: `p(95)<300`. */
  readonly expression: string;
  readonly held: boolean;
  /** The measured value in words, where known. */
  readonly measured?: string;
}

/** Detail of the note `load.generator`: whether the numbers are the target's or the generator's own. */
export interface LoadGenerator {
  readonly healthy: boolean;
  /** What was wrong, or what was looked at. */
  readonly because: string;
  readonly dropped: number;
  /** 95th percentile of the processor use of a second, in cores, and how many there are. */
  readonly cores?: { readonly used: number; readonly of: number };
  /** 95th percentile of how late work began, milliseconds. */
  readonly lateMs?: number;
}

/** Detail of the note `load.counted`: one quantity as the generator, the lab and the target counted it. */
export interface LoadCounted {
  readonly quantity: "connections" | "published" | "delivered";
  readonly generator: number;
  readonly lab: number;
  readonly target?: number;
  /** All that are there lie within 2 % of each other. */
  readonly agree: boolean;
  /** Which one differs and why, or that they agree. */
  readonly says: string;
}

/** Detail of the note `load.skipped`: nothing was sent, because the generator is not there. */
export interface LoadSkipped {
  readonly because: string;
  /** The command that brings it. */
  readonly bring: string;
}

/** Honest use of a target, much of it. */
export interface Load<P extends z.ZodObject = z.ZodObject> {
  /** `mqtt.connect-storm` */
  readonly id: string;
  readonly title: string;
  readonly speaks: Protocol;
  /** What it sends, how much, and what it measures: the text of `seatrial explain`. */
  readonly explains: string;
  /** The target needs a listener of this scheme; one without TLS, as the lab counts what passes. */
  readonly over: Extract<Scheme, "mqtt" | "ws">;
  /** Every parameter has a safe default and a bound. */
  readonly parameters: P;
  /** How many clients, each with an identity of its own, it needs at most. */
  clients(parameters: z.output<P>): number;
  /** How long it sends, milliseconds; starting and ending come on top. */
  lastsMs(parameters: z.output<P>): number;
  /**
   * Runs until it is through or `bench.signal` aborts; writes the notes whose details stand above. A generator that is
   * not there is a `load.skipped`, one that breaks throws a LabError, and what the target does is an observation.
   */
  apply(bench: Bench, seat: LoadSeat, parameters: z.output<P>): Promise<void>;
}

/** Keeps the types of parameters and methods together; returns what it is given. */
export function defineLoad<P extends z.ZodObject>(load: Load<P>): Load<P> {
  return load;
}
