import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";

/** What must be there for a judge to work; the rest of a header is shown as it is. */
const headerShape = z.looseObject({
  format: z.literal(1),
  id: z.string(),
  seed: z.string(),
  state: z.enum(["running", "completed", "aborted", "failed"]),
  scenario: z.looseObject({ id: z.string(), title: z.string() }),
  target: z.looseObject({
    id: z.string(),
    product: z.string(),
    fidelity: z.enum(["simulated", "emulated", "physical"]),
  }),
  fleets: z.array(z.looseObject({ device: z.string(), size: z.number() })),
  stages: z.array(z.looseObject({ name: z.string() })),
  expects: z.array(z.looseObject({ metric: z.string() })),
  command: z.string(),
});

const observationShape = z.looseObject({
  seq: z.int().min(0),
  atMs: z.number(),
  actor: z.string().regex(/^(device|attack|disruption|target|load|lab):/),
  action: z.string(),
  phase: z.enum(["attempt", "ok", "refused", "unknown", "noted"]),
});

/** A stored run, and the SHA-256 of its history file. */
export interface StoredRun {
  readonly record: RunRecord;
  readonly historyDigest: string;
  /** Whether the last line was cut off, as by a kill; it is left out of the record. */
  readonly cutOff: boolean;
}

/** Reads a run directory, also one of a run that was killed: a last line without its end is dropped, nothing else is. */
export function readRun(path: string): StoredRun {
  const headerPath = join(path, "run.json");
  if (!existsSync(headerPath)) {
    throw new LabError(
      "E_RECORD",
      `${path} is not a run: it holds no run.json`,
      "Give the folder of a run, such as runs/<id>.",
    );
  }
  const header = parse(headerPath, read(headerPath).toString("utf8"), headerShape);
  const bytes = read(join(path, "history.jsonl"));
  const lines = bytes.toString("utf8").split("\n");
  const cutOff = lines.pop() !== "";
  const history = lines.map((line, at) => parse(`${join(path, "history.jsonl")}:${at + 1}`, line, observationShape));
  const gap = history.findIndex(({ seq }, at) => seq !== at);
  if (gap !== -1) throw unreadable(`${join(path, "history.jsonl")}:${gap + 1}: expected observation ${gap}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what judges rely on was checked above
  const record = { header, history } as unknown as { header: RunHeader; history: Observation[] };
  return { record, historyDigest: createHash("sha256").update(bytes).digest("hex"), cutOff };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError("E_STORE", `${path} cannot be read: ${why}`, "Check the path and its permissions.", { cause });
  }
}

function parse<T>(where: string, text: string, shape: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${where}: not JSON`, cause);
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${where}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`);
}

function unreadable(message: string, cause?: unknown): LabError {
  return new LabError(
    "E_RECORD",
    message,
    "The run was changed or written by another version; run the scenario again.",
    {
      cause,
    },
  );
}
