import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Labels that every container of a run carries: whose it is, and how a later start sees that its owner is gone. Linux only.
 * They are those of containers under test, as the same search removes both.
 */
export function ownerLabels(runId: string): Readonly<Record<string, string>> {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // proc(5): field 22 is when the process began, in clock ticks; the second, in brackets, may hold blanks itself.
  const began = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const owner = [process.pid, began, boot, readlinkSync("/proc/self/ns/pid")].join("|");
  return { "seatrial.run": runId, "seatrial.owner": owner, "seatrial.host": hostname() };
}
