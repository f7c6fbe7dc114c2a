import { z } from "zod";
import data from "./principles.json" with { type: "json" };

const criticality = z.enum(["critical", "high", "medium", "low"]);
const rung = z.enum(["D0", "D1", "D2", "T"]);
const share = z.number().min(0).max(1);

const check = z
  .strictObject({
    /** `P2.3/rejects-rollback`: the practice, then a name. */
    id: z.string().regex(/^P[1-6]\.\d\/[a-z0-9-]+$/),
    /** What is true of a product that passes. */
    asserts: z.string().min(1),
    criticality,
    nature: z.enum(["deterministic", "rate", "metric", "graded"]),
    /** Kinds of harm that a gap can do; empty where the price does not depend on impact. */
    dimensions: z.array(z.enum(["safety", "availability", "data", "fleet"])).readonly(),
    evidence: z.enum(["dynamic", "static", "declared"]),
    /** The least true target that can answer. */
    minimumFidelity: z.enum(["simulated", "emulated", "physical"]),
    requiredRung: rung,
  })
  .readonly();

const practice = z
  .strictObject({
    id: z.string().regex(/^P[1-6]\.\d$/),
    name: z.string().min(1),
    paraphrase: z.string().min(1),
    /** How far a run can judge it. */
    testable: z.enum(["full", "partial", "none"]),
    /** What no evidence of ours can show. */
    limits: z.string().min(1),
    observables: z.array(z.string()).readonly(),
    declaredEvidence: z.array(z.string()).readonly(),
    checks: z.array(check).min(1).readonly(),
    /** Where other catalogues ask something related; `uncertain` ones are our weaker guesses. */
    crosswalk: z
      .array(
        z
          .strictObject({
            standard: z.string(),
            ids: z.array(z.string()).min(1).readonly(),
            uncertain: z.array(z.string()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const scoring = z
  .strictObject({
    weights: z.record(criticality, z.number().positive()),
    rungs: z.record(rung, share),
    dimensions: z.record(z.string(), z.string()),
    /** Words for the levels 0 to 3. */
    levels: z.array(z.string()).length(4).readonly(),
    gates: z.strictObject({
      G1: z.strictObject({ cap: z.number(), deterministicBelow: share, otherBelow: share }),
      G2: z.strictObject({ cap: z.number(), below: share }),
      G2b: z.strictObject({ cap: z.number(), below: share }),
    }),
    /** Best first. */
    letters: z.array(z.strictObject({ letter: z.string(), from: z.number() })).readonly(),
    noLetterBelowCoverage: share,
    /** Recovery in seconds that earns all and none of the credit, for levels 0 to 3. */
    recoveryBandsS: z
      .array(z.strictObject({ good: z.number(), bad: z.number() }))
      .length(4)
      .readonly(),
  })
  .readonly();

const schema = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    scoring,
    principles: z
      .array(
        z
          .strictObject({
            id: z.string().regex(/^P[1-6]$/),
            title: z.string().min(1),
            question: z.string().min(1),
            practices: z.array(practice).min(1).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

/** One question of the catalogue, as the score sees it. */
export type CatalogueCheck = z.output<typeof check>;
/** One of the 22 suggested practices, in our words. */
export type Practice = z.output<typeof practice>;

/** The catalogue: six principles, their practices and checks, and the numbers of the score. Throws while loading if the data is wrong. */
export const principles = schema.parse(data);

/** Every check of the catalogue by id. */
export const catalogueChecks: ReadonlyMap<string, CatalogueCheck> = new Map(
  principles.principles.flatMap(({ practices }) =>
    practices.flatMap(({ checks }) => checks.map((each) => [each.id, each] as const)),
  ),
);
