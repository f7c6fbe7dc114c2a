import { readdir, readFile } from "node:fs/promises";

/**
 * Where the kernel lists the processes of a container, by what `/proc/<pid>/cgroup` says of its first one. Undefined
 * where that process is not of this container: its id belongs to another machine then.
 * @param containerId full.
 */
export function processListOf(cgroups: string, containerId: string): string | undefined {
  for (const line of cgroups.split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (!path.includes(containerId)) continue;
    // Of cgroup v1 each controller has its own tree; of v2 there is one, without a name.
    if (controllers === "") return `/sys/fs/cgroup${path}/cgroup.procs`;
    if (controllers.split(",").includes("pids")) return `/sys/fs/cgroup/pids${path}/cgroup.procs`;
  }
  return undefined;
}

/**
 * Files that the processes of a container hold open, or undefined where this user cannot see that from the host.
 * @param pid of the container's first process.
 */
export async function openFilesFromHost(pid: number, containerId: string): Promise<number | undefined> {
  try {
    const list = processListOf(await readFile(`/proc/${pid}/cgroup`, "utf8"), containerId);
    if (list === undefined) return undefined;
    const pids = (await readFile(list, "utf8")).split("\n").filter((line) => line !== "");
    const counts = await Promise.all(pids.map(async (each) => (await readdir(`/proc/${each}/fd`)).length));
    return counts.reduce((sum, count) => sum + count, 0);
  } catch {
    return undefined;
  }
}

/** The same, counted by a program inside. It sees the processes of its own user, itself among them. */
export const countOpenFiles: readonly string[] = ["sh", "-c", "ls /proc/[0-9]*/fd 2>/dev/null | grep -c '^[0-9]'"];
