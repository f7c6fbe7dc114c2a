// @ts-check
// Plain JavaScript without newer syntax: `npm run setup:k6` reads it on the Node of the machine, before seatrial's own.
import { homedir } from "node:os";
import { join } from "node:path";

/** The version of k6 that loads are written for and tried with. */
export const k6Version = "1.8.1";

/**
 * Full path of the k6 that `npm run setup:k6` builds; nothing says that it is there yet. It lies in the user's cache, so
 * that one build serves every checkout.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {string}
 */
export function k6Home(environment) {
  // XDG Base Directory Specification: a relative XDG_CACHE_HOME is to be ignored.
  const given = environment["XDG_CACHE_HOME"];
  const cache = given?.startsWith("/") ? given : join(environment["HOME"] || homedir(), ".cache");
  return join(cache, "seatrial", `k6-v${k6Version}`, process.platform === "win32" ? "k6.exe" : "k6");
}
