import { hostname } from "node:os";
import { beganOf, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** On everything that a run makes in Docker; its value is the run's id. */
export const runLabel = "seatrial.run";
const ownerLabel = "seatrial.owner";
const hostLabel = "seatrial.host";

export type Labels = { readonly [name: string]: string };

/** Who looks for what others left behind. */
export interface Onlooker {
  readonly host: string;
  readonly self: ProcessIdentity;
  /** When the process of this id began; undefined where it is gone. */
  beganOf(pid: number): string | undefined;
}

/** This process, on this machine. */
export function onlooker(): Onlooker {
  return { host: hostname(), self: ownIdentity(), beganOf };
}

/** Labels that tell whose this is, and let a later start see that its owner is gone. */
export function labelsOf(run: string, { host, self }: Onlooker): Labels {
  const owner = [self.pid, self.began, self.boot, self.namespace].join("|");
  return { [runLabel]: run, [ownerLabel]: owner, [hostLabel]: host };
}

/**
 * Whether the process that made this is certainly gone. Not so for what carries no label of ours, or was made on another
 * machine or in another namespace of process ids, where nobody can look from here.
 */
export function isAbandoned(labels: Labels, by: Onlooker): boolean {
  const [pid, began, boot, namespace] = labels[ownerLabel]?.split("|") ?? [];
  if (pid === undefined || labels[runLabel] === undefined || labels[hostLabel] !== by.host) return false;
  if (boot !== by.self.boot) return true;
  return namespace === by.self.namespace && by.beganOf(Number(pid)) !== began;
}
