import words from "../telltale-paths.json" with { type: "json" };

/** Paths of one segment that firmware of many makes has for settings, keys and commands. */
export const telltalePaths: readonly string[] = words;

const telltale = new Set(telltalePaths);

/** Whether a path by its words leads to settings, keys or commands, or to the security or firmware object of LwM2M. */
export function isTelltale(path: string): boolean {
  const segments = path.toLowerCase().split("/");
  if (/^[05]$/.test(segments[0] ?? "")) return true;
  return segments.some((segment) => segment.split(/[-_.]/).some((word) => telltale.has(word)));
}
