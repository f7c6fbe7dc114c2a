import { z } from "zod";
import type { Dimension, Level } from "#contract/impact.ts";
import { count } from "#contract/parameters.ts";
import { productFacts } from "./impact-floors.ts";
import { isoOf } from "./iso-date.ts";
import { planId } from "./scenario-file.ts";

/** The levels of impact in words, from 0 on. */
export const words = ["none", "limited", "serious", "severe"] as const;
/** The levels of impact. */
export const levels: readonly Level[] = [0, 1, 2, 3];
/** The dimensions of impact, in the order of the report. */
export const dimensions: readonly Dimension[] = ["safety", "availability", "data", "fleet"];

/** Keys of a product file. */
export const productShape = {
  product: planId.describe("Id of the product"),
  title: z.string().min(1).max(200).describe("Name of the product"),
  fidelity: z
    .enum(["simulated", "emulated", "physical"])
    .optional()
    .describe("How true to the product what is tested is"),
  use: z.string().optional().describe("What it is for"),
  environment: z.string().optional().describe("Where it is used, and by whom"),
  impact: z.looseObject({}).describe("How bad a failure would be, in four dimensions"),
  facts: z.array(z.enum(productFacts)).default([]).describe("Facts that set a floor under the impact"),
  units: count({ atLeast: 1, atMost: 10_000_000_000 }).optional().describe("Units sold or planned"),
  fleet: z.array(z.unknown()).min(1).describe("The devices to simulate"),
  target: z.unknown().optional().describe("The broker to assess; the embedded one where it is left out"),
  posture: z.enum(["weak", "hardened"]).default("hardened").describe("How a target that seatrial starts is configured"),
  notApplicable: z.array(z.unknown()).default([]).describe("Checks that do not apply, each with a reason and an end"),
  parameters: z.unknown().optional().describe("Parameters of attacks and disruptions, by id"),
  skip: z
    .array(z.string())
    .default([])
    .describe("Attacks and disruptions to leave out; their checks count as not tested"),
  declared: z.unknown().optional().describe("What the vendor states, for checks that no run can answer"),
};

/** Keys of one dimension of the impact. */
export const impactShape = {
  level: z
    .union([z.literal(levels), z.literal(words)], { error: `must be 0 to 3, or one of ${words.join(", ")}` })
    .describe("0 none, 1 limited, 2 serious, 3 severe"),
  because: z.string().min(1).describe("Why this level; printed in the report"),
};

/** Keys of one exception. */
export const exceptionShape = {
  check: z
    .string()
    .regex(/^P[1-6]\.\d+\/[a-z0-9-]+$/, "must be a check of the catalogue, such as P6.3/switches-work")
    .describe("Id of a check of the catalogue"),
  because: z.string().min(1).describe("Why it does not apply"),
  by: z.string().min(1).describe("Who says so"),
  until: z
    .string()
    .refine((text) => isoOf(text) !== undefined, { error: 'must be a date such as "2027-06-30"' })
    .describe("Last day on which the exception holds"),
};
