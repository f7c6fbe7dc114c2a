import { nowMs } from "./now.ts";

/**
 * Keeps a virtual user busy with nothing until a time of the test's clock. Without it, one whose work broke off would be
 * started again and again.
 */
export function waitUntil(dueMs: number): void {
  setTimeout(() => {}, Math.max(0, dueMs - nowMs()));
}
