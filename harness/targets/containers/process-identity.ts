import { readFileSync, readlinkSync } from "node:fs";

/** A process, told apart from every other one that this machine runs or has run. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the kernel's clock ticks; `unknown` where the system does not tell. */
  readonly began: string;
  /** The start of the machine in which it runs. */
  readonly boot: string;
  /** Process ids mean the same within a namespace only. */
  readonly namespace: string;
}

const unknown = "unknown";

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    began: beganOf(process.pid) ?? unknown,
    boot: orUnknown(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: orUnknown(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** When a process began; `unknown` where it lives but the system does not tell, undefined where it is gone. */
export function beganOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command, in parentheses, may hold spaces and parentheses itself; field 22 is counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return isAlive(pid) ? unknown : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
}

function orUnknown(read: () => string): string {
  try {
    return read();
  } catch {
    return unknown;
  }
}
