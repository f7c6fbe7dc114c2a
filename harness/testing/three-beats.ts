import type { ActorId, Beat, JsonObject, Observation } from "#contract/observation.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import { historyOf, type Line, recordOf } from "./record.ts";

/** Something that happened inside a beat: a note, or an attempt with its ending. */
export interface Inside {
  readonly action: string;
  readonly phase: Observation["phase"];
  /** Of the note, or of the line that opens the attempt. */
  readonly detail?: JsonObject;
  /** Of the line that ends the attempt. */
  readonly found?: JsonObject;
  /** The code that it was refused with, or failed by. */
  readonly code?: string;
  /** When the note was made or the attempt began, and when the attempt ended; 10 ms after the line before otherwise. */
  readonly atMs?: number;
  readonly endedAtMs?: number;
  /** Who saw it, where not the attack. */
  readonly actor?: ActorId;
}

/** A run of one attack, told beat by beat. A beat ends ok unless `ended` says otherwise; one that is `absent` never began. */
export function threeBeats(
  attack: string,
  given: {
    readonly control?: readonly Inside[];
    readonly attack?: readonly Inside[];
    readonly recovery?: readonly Inside[];
    readonly ended?: { readonly [beat in Beat]?: "ok" | "unknown" | "absent" };
  },
  header: Partial<RunHeader> = {},
): RunRecord {
  const lines: Line[] = [];
  for (const beat of ["control", "attack", "recovery"] as const) {
    const ended = given.ended?.[beat] ?? "ok";
    if (ended !== "absent") writeBeat(lines, `attack:${attack}`, beat, ended, given[beat] ?? []);
  }
  return recordOf(historyOf(lines), header);
}

function writeBeat(
  lines: Line[],
  actor: ActorId,
  beat: Beat,
  ended: "ok" | "unknown",
  inside: readonly Inside[],
): void {
  const action = beat === "attack" ? "launch" : beat;
  const attempt = lines.length;
  lines.push({ actor, action, phase: "attempt", beat });
  for (const one of inside) lines.push(...linesOf(one, actor, beat, lines.length));
  const error = { code: "Error", message: `the ${beat} failed` };
  lines.push({ actor, action, phase: ended, beat, attempt, ...(ended === "unknown" && { error }) });
}

function linesOf(one: Inside, by: ActorId, beat: Beat, seq: number): readonly Line[] {
  const { action, phase, detail, found, code, atMs, endedAtMs, actor = by } = one;
  const told = { actor, action, beat };
  const began: Line = {
    ...told,
    phase: phase === "noted" ? "noted" : "attempt",
    ...(detail && { detail }),
    ...(atMs !== undefined && { atMs }),
  };
  if (phase === "noted" || phase === "attempt") return [began];
  const ended: Line = {
    ...told,
    phase,
    attempt: seq,
    ...(found && { detail: found }),
    ...(code !== undefined && { error: { code, message: code } }),
    ...(endedAtMs !== undefined && { atMs: endedAtMs }),
  };
  return [began, ended];
}
