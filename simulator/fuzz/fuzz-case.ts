import { z } from "zod";
import type { Step } from "./fuzz-protocol.ts";

const hex = z.string().regex(/^([0-9a-f]{2})*$/, "must be bytes in lower-case hex");

/** The steps as they stand in a file: who sends, and which bytes. */
export const stepsShape = z
  .array(z.strictObject({ from: z.number().int().min(0).max(1_023), bytes: hex }))
  .min(1)
  .max(4_096);

const shape = z.strictObject({
  fuzzCase: z.literal(1, { error: "is not a version of fuzz cases that is known; it must be 1" }),
  protocol: z.string(),
  found: z.strictObject({
    run: z.string(),
    target: z.string(),
    case: z.number(),
  }),
  /** What minimising did, and how often it silenced the target again. */
  minimised: z.strictObject({
    fromMessages: z.number(),
    trials: z.number(),
    replays: z.number(),
    silent: z.number(),
  }),
  steps: stepsShape,
});

/** A sequence that silenced a target, as a file that can be sent again. */
export type FuzzCase = z.output<typeof shape>;

/** Writes a case; lines of the file are readable and stable. */
export function fuzzCaseText(
  given: Omit<FuzzCase, "fuzzCase" | "steps"> & { readonly steps: readonly Step[] },
): string {
  const steps = given.steps.map(({ from, bytes }) => ({ from, bytes: bytes.toString("hex") }));
  return `${JSON.stringify({ fuzzCase: 1, ...given, steps }, null, 2)}\n`;
}

/** Reads what {@link fuzzCaseText} wrote; throws an error whose message says what is wrong, and where. */
export function readFuzzCase(text: string): FuzzCase {
  const result = shape.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is not a fuzz case"}`);
}

/** The steps of a case, as bytes. */
export function stepsOf({ steps }: Pick<FuzzCase, "steps">): readonly Step[] {
  return steps.map(({ from, bytes }) => ({ from, bytes: Buffer.from(bytes, "hex") }));
}
