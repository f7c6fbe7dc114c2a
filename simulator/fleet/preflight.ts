import { readdirSync, readFileSync } from "node:fs";
import type { LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";

/** What this machine allows; Infinity where nobody knows. */
export interface MachineLimits {
  readonly openFiles: number;
  readonly usedFiles: number;
  readonly ports: number;
}

/** Files that the run itself needs beside the sockets of the fleet. */
const reserve = 64;

/**
 * Throws E_LIMIT where so many devices cannot be connected to `at`.
 * @param sockets how many they do it with.
 */
export function checkLimits(size: number, at: LabAddress, limits: MachineLimits, sockets = size): void {
  const { openFiles, usedFiles, ports } = limits;
  const isLocal = at.host.startsWith("127.") || at.host === "::1";
  if (!isLocal && size > at.maxConnections) {
    throw new LabError(
      "E_LIMIT",
      `a fleet of ${size} devices is more than the ${at.maxConnections} connections allowed at ${at.host}:${at.port}`,
      `Make the fleet smaller, or raise "limits.connections" in the scope file if the owner agrees.`,
    );
  }
  const needed = sockets + usedFiles + reserve;
  if (needed > openFiles) {
    throw new LabError(
      "E_LIMIT",
      `a fleet of ${size} devices needs ${needed} open files, and this process may have ${openFiles}`,
      `Raise the limit (ulimit -n ${2 * needed}), or make the fleet smaller.`,
    );
  }
  if (sockets > ports) {
    throw new LabError(
      "E_LIMIT",
      `a fleet of ${size} devices needs as many local ports, and this machine has ${ports}`,
      "Widen net.ipv4.ip_local_port_range, or make the fleet smaller.",
    );
  }
}

/** The limits of this process; only Linux tells them. */
export function machineLimits(): MachineLimits {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(read("/proc/self/limits")) ?? [];
  const [, low, high] = /^(\d+)\s+(\d+)/.exec(read("/proc/sys/net/ipv4/ip_local_port_range")) ?? [];
  return {
    openFiles: soft === undefined ? Number.POSITIVE_INFINITY : Number(soft),
    usedFiles: soft === undefined ? 0 : readdirSync("/proc/self/fd").length,
    ports: low === undefined ? Number.POSITIVE_INFINITY : Number(high) - Number(low) + 1,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
