import { histogramOf } from "#contract/latency.ts";
import type { LoadGenerator, LoadSecond, OperationCount } from "#contract/load.ts";
import type { ActorId, Json } from "#contract/observation.ts";
import type { Line } from "./record.ts";

/** A line with its time. */
type Timed = Line & { readonly atMs: number };

/** One operation over a second: so many succeeded, each in `ms`, and so many failed. */
export function countOfOperation(ok: number, failed = 0, ms: number | readonly number[] = 4): OperationCount {
  const times = typeof ms === "number" ? Array.from({ length: ok }, () => ms) : ms;
  return { ok, failed, ms: histogramOf(times) };
}

/** A second of a load in which so many messages were published and so many were not. */
export function published(ok: number, failed = 0, ms: number | readonly number[] = 4): LoadSecond["operations"] {
  return { publish: countOfOperation(ok, failed, ms) };
}

/** One load of a hand-built history. Times are milliseconds since the run began. */
export interface LoadTold {
  /** `load:mqtt.publish-fan-in` unless told otherwise. */
  readonly actor?: ActorId;
  readonly fromMs?: number;
  /** What was done in each second. */
  readonly seconds: readonly LoadSecond["operations"][];
  readonly clients?: number;
  /** `unknown` where it was cut off; `never` where the history ends before it. */
  readonly ended?: "ok" | "unknown" | "never";
  /** Absent notes are left out; healthy unless told otherwise. */
  readonly generator?: LoadGenerator | "silent";
  /** Further notes at its end: `load.threshold`, `load.counted`, `load.dashboard`. */
  readonly notes?: readonly { readonly action: string; readonly detail: Json }[];
}

/** A generator that kept up. */
export const keptUp: LoadGenerator = {
  healthy: true,
  because: "The generator kept its plan: 0 iterations were dropped, work began at most 3 ms late.",
  dropped: 0,
  cores: { used: 0.4, of: 2 },
  lateMs: 3,
};

/** The lines of a load, not numbered yet: {@link linked} closes its attempt. */
export function loadLines(told: LoadTold): readonly Timed[] {
  const { actor = "load:mqtt.publish-fan-in", fromMs = 0, seconds, clients = 20 } = told;
  const { ended = "ok", generator = keptUp, notes = [] } = told;
  const endMs = fromMs + seconds.length * 1_000 + 200;
  const last: readonly (readonly [string, unknown])[] = [
    ...notes.map(({ action, detail }) => [action, detail] as const),
    ...(generator === "silent" ? [] : [["load.generator", generator] as const]),
  ];
  return [
    { actor, action: "load", phase: "attempt", detail: {}, atMs: fromMs },
    ...seconds.map((operations, at): Timed => {
      const [begins, ends] = [fromMs + at * 1_000, fromMs + (at + 1) * 1_000];
      const second: LoadSecond = { fromMs: begins, toMs: ends, operations, clients, dropped: 0, cores: 0.4 };
      return { actor, action: "load.second", phase: "noted", detail: jsonOf(second), atMs: ends + 50 };
    }),
    ...last.map(([action, detail]): Timed => ({ actor, action, phase: "noted", detail: jsonOf(detail), atMs: endMs })),
    ...(ended === "never" ? [] : [{ actor, action: "load", phase: ended, atMs: endMs } as const]),
  ];
}

/** An attack beside a load, with nothing between its launch and the end of it. */
export function attackLines(actor: ActorId, fromMs: number, toMs: number): readonly Timed[] {
  return [
    { actor, action: "launch", phase: "attempt", beat: "attack", detail: { layer: "application" }, atMs: fromMs },
    { actor, action: "launch", phase: "ok", beat: "attack", atMs: toMs },
  ];
}

/** A disruption beside a load. */
export function disruptionLines(
  actor: ActorId,
  fromMs: number,
  liftedMs: number,
  { severs, watchedMs = liftedMs }: { readonly severs: boolean; readonly watchedMs?: number },
): readonly Timed[] {
  return [
    { actor, action: "impose", phase: "attempt", detail: { severs }, atMs: fromMs },
    { actor, action: "impose", phase: "ok", atMs: fromMs },
    { actor, action: "imposed", phase: "noted", atMs: fromMs },
    { actor, action: "lift", phase: "attempt", detail: null, atMs: liftedMs },
    { actor, action: "lift", phase: "ok", atMs: liftedMs },
    { actor, action: "watched", phase: "noted", detail: { watchMs: watchedMs - liftedMs }, atMs: watchedMs },
  ];
}

/** Puts lines in order of time and points each ending to the attempt that its actor opened last under that name. */
export function linked(lines: readonly Timed[]): readonly Line[] {
  const ordered = lines.toSorted((one, other) => one.atMs - other.atMs);
  const open = new Map<string, number>();
  return ordered.map((line, seq) => {
    const key = `${line.actor} ${line.action}`;
    if (line.phase === "attempt") open.set(key, seq);
    const attempt = line.phase === "noted" || line.phase === "attempt" ? undefined : open.get(key);
    return Object.assign({}, line, attempt === undefined ? {} : { attempt });
  });
}

function jsonOf(value: unknown): Json {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a file would give it back: plain JSON
  return JSON.parse(JSON.stringify(value)) as Json;
}
