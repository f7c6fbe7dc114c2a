import { z } from "zod";
import { type Attempted, attemptsOf, notesOf } from "#contract/judging.ts";
import type { LoadCounted, LoadGenerator, LoadSecond, LoadSkipped, LoadThreshold } from "#contract/load.ts";
import type { ActorId, History, Json, Observation } from "#contract/observation.ts";
import { memberOf } from "./counters.ts";
import { unitOf } from "./untested.ts";

/** One second of a load, with the line that tells it. */
export type RecordedSecond = LoadSecond & { readonly seq: number };

/** One threshold as the generator judged it, with the line that tells it. */
export type RecordedThreshold = LoadThreshold & { readonly seq: number };

/** One time that a load was run or should have been, as the history tells it. */
export interface LoadRun {
  readonly actor: ActorId;
  /** `mqtt.connect-storm` */
  readonly load: string;
  /** Absent where it was skipped before it began. */
  readonly attempt?: Attempted;
  /** Why nothing was sent; `bring` is empty where no command helps. */
  readonly skipped?: LoadSkipped & { readonly seq: number };
  readonly seconds: readonly RecordedSecond[];
  readonly thresholds: readonly RecordedThreshold[];
  readonly generator?: LoadGenerator;
  readonly counted: readonly LoadCounted[];
  readonly dashboard?: string;
}

/** Every load of a run, in the order in which they were begun. A line that is not what loads write says nothing. */
export function loadRunsOf(history: History): readonly LoadRun[] {
  const byActor = Map.groupBy(history, ({ actor }) => actor);
  return [...byActor].filter(([actor]) => actor.startsWith("load:")).map(([actor, seen]) => loadRunOf(actor, seen));
}

function loadRunOf(actor: ActorId, seen: readonly Observation[]): LoadRun {
  const [attempt] = attemptsOf(seen, "load");
  const skipped = skippedOf(seen);
  const generator = read(notesOf(seen, "load.generator").at(-1)?.detail, generatorShape);
  const dashboard = read(memberOf(notesOf(seen, "load.dashboard").at(-1)?.detail, "path"), z.string());
  return {
    actor,
    load: unitOf(actor),
    ...(attempt && { attempt }),
    ...(skipped && { skipped }),
    seconds: numbered(seen, "load.second", secondShape),
    thresholds: numbered(seen, "load.threshold", thresholdShape),
    ...(generator && { generator }),
    counted: notesOf(seen, "load.counted").flatMap(({ detail }) => read(detail, countedShape) ?? []),
    ...(dashboard !== undefined && { dashboard }),
  };
}

/** Skipped by the load itself, which lacks its generator, or by the engine, because the target has no listener for it. */
function skippedOf(seen: readonly Observation[]): LoadRun["skipped"] {
  const [byLoad] = numbered(seen, "load.skipped", skippedShape);
  if (byLoad !== undefined) return byLoad;
  const [byEngine] = numbered(seen, "skipped", z.object({ because: z.string() }));
  return byEngine && { ...byEngine, bring: "" };
}

const amount = z.number().nonnegative();
const histogram = z.array(z.tuple([amount, amount]));
const operation = z.object({ ok: amount, failed: amount, ms: histogram }).exactOptional();

const secondShape = z.object({
  fromMs: amount,
  toMs: amount,
  operations: z.object({ connect: operation, publish: operation, deliver: operation, resume: operation }),
  clients: amount,
  dropped: amount,
  cores: amount.exactOptional(),
});

const thresholdShape = z.object({
  metric: z.string(),
  expression: z.string(),
  held: z.boolean(),
  measured: z.string().exactOptional(),
});

const generatorShape = z.object({
  healthy: z.boolean(),
  because: z.string(),
  dropped: amount,
  cores: z.object({ used: amount, of: amount }).exactOptional(),
  lateMs: amount.exactOptional(),
});

const countedShape = z.object({
  quantity: z.enum(["connections", "published", "delivered"]),
  generator: amount,
  lab: amount,
  target: amount.exactOptional(),
  agree: z.boolean(),
  says: z.string(),
});

const skippedShape = z.object({ because: z.string(), bring: z.string() });

function numbered<T extends object>(
  seen: readonly Observation[],
  action: string,
  shape: z.ZodType<T>,
): readonly (T & { readonly seq: number })[] {
  return notesOf(seen, action).flatMap(({ seq, detail }) => {
    const found = read(detail, shape);
    return found === undefined ? [] : [{ ...found, seq }];
  });
}

function read<T>(detail: Json | undefined, shape: z.ZodType<T>): T | undefined {
  const { success, data } = shape.safeParse(detail);
  return success ? data : undefined;
}

/**
 * Why the numbers of a load do not speak of the target: it was cut, or its generator did not keep up, or did not tell.
 * @returns undefined where they do
 */
export function whyDoubtful({ attempt, generator }: Pick<LoadRun, "attempt" | "generator">): string | undefined {
  if (attempt?.phase !== "ok") {
    const error = attempt?.ended?.error?.message;
    return `the load did not come to its end${error === undefined ? "" : `: ${error}`}`;
  }
  if (generator === undefined) return "the generator did not tell whether it kept up";
  return generator.healthy ? undefined : `the numbers need not be the target's: ${clauseOf(generator.because)}`;
}

/** `The generator was slow.` → `the generator was slow`, so that it can follow a colon. */
function clauseOf(sentence: string): string {
  return sentence.replace(/^The /, "the ").replace(/\.$/, "");
}

/** What a skipped load is reported with: `k6 was not found; run: npm run setup:k6`. */
export function sayWhySkipped({ because, bring }: LoadSkipped): string {
  return bring === "" ? because : `${because}; run: ${bring}`;
}
