import { z } from "zod";

/** One line of Docker's statistics: only what is used here. */
const statistics = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({ usage: z.number(), stats: z.record(z.string(), z.number()).optional() }),
  pids_stats: z.object({ current: z.number().optional() }).optional(),
});

/** What a container had used at a moment. */
export interface ResourceSample {
  /** When Docker read it, milliseconds of its clock. */
  readonly atMs: number;
  /** Time on all processors since it began, nanoseconds. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
  readonly pids?: number;
}

/** What it uses. */
export interface ResourceUse {
  /** Processors that it kept busy since the sample before. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly pids?: number;
}

/** Reads a line of statistics; undefined for a container that does not run, of which Docker sends zeros. */
export function sampleOf(document: unknown): ResourceSample | undefined {
  const { success, data } = statistics.safeParse(document);
  if (!success) return undefined;
  const { current } = data.pids_stats ?? {};
  return {
    atMs: Date.parse(data.read),
    cpuNs: data.cpu_stats.cpu_usage.total_usage,
    memoryBytes: usedMemory(data.memory_stats),
    ...(current !== undefined && { pids: current }),
  };
}

/** Memory without the files that are only cached, which the kernel gives back when asked (cgroup v2, or v1). */
function usedMemory({ usage, stats = {} }: z.infer<typeof statistics>["memory_stats"]): number {
  const cached = stats["inactive_file"] ?? stats["total_inactive_file"] ?? 0;
  return Math.max(0, usage - cached);
}

/** Use between two samples, or undefined where they do not follow one another. */
export function useBetween(before: ResourceSample, now: ResourceSample): ResourceUse | undefined {
  const passedMs = now.atMs - before.atMs;
  if (passedMs <= 0 || now.cpuNs < before.cpuNs) return undefined;
  const { memoryBytes, pids } = now;
  const cores = Math.round(((now.cpuNs - before.cpuNs) / (passedMs * 1e6)) * 1_000) / 1_000;
  return { cores, memoryBytes, ...(pids !== undefined && { pids }) };
}
