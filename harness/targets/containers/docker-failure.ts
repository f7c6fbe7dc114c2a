/** The HTTP status with which Docker answered, where this is an answer of Docker. */
export function statusOf(cause: unknown): number | undefined {
  if (typeof cause !== "object" || cause === null || !("statusCode" in cause)) return undefined;
  return typeof cause.statusCode === "number" ? cause.statusCode : undefined;
}

/** What Docker said, without the HTTP around it. */
export function wordsOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/^\(HTTP code \d+\) [^-]* - /, "").trim();
}

/** Docker's answers for "there is none (any more)" and "it is so already, or about to be". */
const settled = new Set([304, 404, 409]);

/**
 * Does something to a thing that may be gone or that way already, both of which is fine.
 * @returns whether it was done now.
 */
export async function ifStillThere(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (cause) {
    if (settled.has(statusOf(cause) ?? 0)) return false;
    throw cause;
  }
}
