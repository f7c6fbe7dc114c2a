/** What JSON can hold; everything that is recorded is made of it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON values. */
export type JsonObject = { readonly [key: string]: Json };

/** Who did or saw something: `attack:mqtt.topic-snoop`, `device:thermostat`, `disruption:link-cut#2`, `lab:engine`. */
export type ActorId = `${"device" | "attack" | "disruption" | "target" | "load" | "lab"}:${string}`;

/**
 * How an observation bears on what its actor tried. `refused`: the other side was heard to say no.
 * `unknown`: it may have had its effect (time-out, lost link), so no check may count it for or against anybody.
 */
export type Phase = "attempt" | "ok" | "refused" | "unknown" | "noted";

/** The part of an attack that an observation belongs to. */
export type Beat = "control" | "attack" | "recovery";

/**
 * Where in the run's evidence the bytes lie: a pcapng file and the number that tshark gives the conversation, as
 * `tcp.stream` or, where it went over UDP, as `udp.stream`.
 */
export interface WireReference {
  /** Path relative to the run directory, for example `evidence/mqtt.topic-snoop.pcapng`. */
  readonly file: string;
  readonly stream: number;
  readonly over?: "udp";
}

/** One line of `history.jsonl`. */
export interface Observation {
  /** Number of the line, from 0, without gaps. */
  readonly seq: number;
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly actor: ActorId;
  /** `mqtt.connect`, `fleet.counters`, `stage`, … */
  readonly action: string;
  readonly phase: Phase;
  readonly beat?: Beat;
  /** The `seq` of the attempt this one completes. */
  readonly attempt?: number;
  readonly detail?: Json;
  readonly error?: { readonly code: string; readonly message: string };
  readonly wire?: WireReference;
}

/** All observations of a run, in order of `seq`. */
export type History = readonly Observation[];
