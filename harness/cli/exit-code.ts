import type { Verdict } from "#contract/check.ts";
import { LabError, type LabErrorCode } from "#contract/errors.ts";

/** From which verdict on a finished run counts as failed. */
export type FailOn = "fail" | "inconclusive" | "never";

/** Exit codes; documented in docs/command-line.md. */
export const exitCodes = { pass: 0, failed: 1, inconclusive: 2, lab: 3, usage: 64, interrupted: 130 } as const;

/** The exit code of a run with this verdict. */
export function exitCodeOf(verdict: Verdict, failOn: FailOn): number {
  if (failOn === "never" || verdict === "pass" || verdict === "not-applicable") return exitCodes.pass;
  if (verdict === "fail") return exitCodes.failed;
  if (verdict === "error") return exitCodes.lab;
  return failOn === "inconclusive" ? exitCodes.failed : exitCodes.inconclusive;
}

/** The exit code of an error that ended the command. */
export function exitCodeOfError(error: unknown): number {
  if (!(error instanceof LabError)) return exitCodes.lab;
  if (error.code === "E_INTERRUPTED") return exitCodes.interrupted;
  return wrongUse.has(error.code) ? exitCodes.usage : exitCodes.lab;
}

const wrongUse: ReadonlySet<LabErrorCode> = new Set([
  "E_USAGE",
  "E_PLAN",
  "E_OUT_OF_SCOPE",
  "E_CAPABILITY_MISSING",
] as const);
