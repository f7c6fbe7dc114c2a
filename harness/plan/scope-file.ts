import { z } from "zod";
import { count } from "#contract/parameters.ts";
import type { Scope } from "#contract/scope.ts";
import { type PlanDocument, readDocument, type Source } from "./document.ts";
import { readFields } from "./fields.ts";
import { isoOf } from "./iso-date.ts";

const port = z.number().int("must be a whole number").min(1).max(65_535);
const date = z.string().refine((text) => isoOf(text) !== undefined, {
  error: 'must be a date such as "2027-06-30" or a time such as "2027-06-30T12:00:00Z"',
});

/** Keys of a scope file. */
export const scopeShape = {
  owner: z.string().min(1).describe("Who answers for the targets and agrees to the attacks: name and contact"),
  targets: z.array(z.unknown()).min(1).describe("What may be attacked"),
  expires: date.describe("Last day, or time, at which anything here may be attacked"),
  limits: z.unknown().optional().describe("Limits that hold for every attack; they can only lower seatrial's own"),
};

/** Keys of one target of a scope. */
export const scopeTargetShape = {
  host: z
    .string()
    .regex(
      /^(?![\d.-]+$)[A-Za-z0-9][A-Za-z0-9.-]*$|^\d{1,3}(\.\d{1,3}){3}$|^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/,
      "must be one host name or one IP address: no ranges, no patterns, no URL",
    )
    .describe("Host name or IP address, spelled as on the command line"),
  ports: z
    .union([z.literal("any"), z.array(port).min(1)], { error: 'must be a list of ports from 1 to 65535, or "any"' })
    .describe('List of ports, or "any"'),
};

/** Keys of the limits of a scope. */
export const scopeLimitsShape = {
  connections: count({ atLeast: 1, atMost: 2_000 }).optional().describe("Most connections held open at once"),
  ratePerSecond: count({ atLeast: 1, atMost: 20_000 }).optional().describe("Most connections or packets a second"),
};

/**
 * Reads a scope file. Throws E_PLAN with everything that is wrong in it; one that has expired by `nowIso` is wrong.
 * `expires` of the result is a time in UTC: a day counts to its end.
 */
export function readScope(source: Source, nowIso: string): Scope {
  const document = readDocument(source, "docs/scope.md");
  const { owner = "", expires = "" } = readFields(document, [], scopeShape, "a scope file");
  const until = isoOf(expires) ?? "";
  if (expires !== "" && until <= nowIso) {
    document.problems.add(
      document.place(["expires"]),
      `this scope expired on ${expires}`,
      `Ask ${owner} to extend it.`,
    );
  }
  const targets = readTargets(document);
  const limits =
    document.at(["limits"]) === undefined ? undefined : readFields(document, ["limits"], scopeLimitsShape, "limits");
  document.problems.throwIfAny();
  return { owner, expires: until, targets, ...(limits && { limits: given(limits) }) };
}

function readTargets(document: PlanDocument): Scope["targets"] {
  const listed = document.at(["targets"]);
  if (!Array.isArray(listed)) return [];
  return listed.map((_, index) => {
    const { host = "", ports = [] } = readFields(document, ["targets", index], scopeTargetShape, "a target");
    return { host, ports };
  });
}

function given({
  connections,
  ratePerSecond,
}: {
  readonly connections?: number | undefined;
  readonly ratePerSecond?: number | undefined;
}) {
  return { ...(connections !== undefined && { connections }), ...(ratePerSecond !== undefined && { ratePerSecond }) };
}
