import { LabError } from "#contract/errors.ts";
import { wordsOf } from "./docker-failure.ts";

const lastLines = 8;

/** How a container ended. */
export interface ContainerEnd {
  readonly code: number;
  /** Whether its system ended it for want of memory. */
  readonly oomKilled: boolean;
}

/** The sign of a port that somebody took between its being found free and its being used; each Docker has other words. */
export function isPortClash(cause: unknown): boolean {
  return /port is already allocated|address already in use|ports are not available/i.test(wordsOf(cause));
}

/** The sign of a limit that Docker may not raise so high, because its own is lower. */
export function isLimitRefused(cause: unknown): boolean {
  return /setting rlimit/i.test(wordsOf(cause));
}

/** Docker would not make or start the container. */
export function notStarted(target: string, image: string, cause: unknown): LabError {
  const words = wordsOf(cause);
  if (/exec format error/i.test(words)) return wrongMachine(target, image, words, cause);
  return new LabError(
    "E_TARGET_START",
    `${target}: Docker would not start ${image}: ${words}`,
    "Try: docker info, and docker run --rm with this image. Both say more.",
    { cause },
  );
}

/** It started, and ended before it answered. */
export function endedAtOnce(
  target: string,
  image: string,
  { code, oomKilled }: ContainerEnd,
  log: readonly string[],
): LabError {
  const last = quoted(log);
  if (/exec format error/i.test(last)) return wrongMachine(target, image, last);
  const how = oomKilled ? "its memory limit ended it" : `exit code ${code}`;
  return new LabError(
    "E_TARGET_START",
    `${target}: the container of ${image} ended at once (${how}); its last words:\n${last}`,
    "See whether this image is the product and version that the target is made for.",
  );
}

/** It runs, and did not answer in time. */
export function notReady(
  target: string,
  image: string,
  withinMs: number,
  why: Error | undefined,
  log: readonly string[],
): LabError {
  return new LabError(
    "E_TARGET_START",
    `${target}: the container of ${image} did not answer within ${Math.round(withinMs / 1_000)} s${why ? ` (${why.message})` : ""}; its last words:\n${quoted(log)}`,
    "Run it again when less is running on this machine; see whether this image is the product that the target is made for.",
    { cause: why },
  );
}

/** So many free ports in a row were taken before Docker could use them. */
export function portsTaken(target: string, tries: number, cause: unknown): LabError {
  return new LabError(
    "E_TARGET_START",
    `${target}: ${tries} free ports in a row were taken before Docker could publish them: ${wordsOf(cause)}`,
    "Run it again when less is starting on this machine.",
    { cause },
  );
}

function wrongMachine(target: string, image: string, words: string, cause?: unknown): LabError {
  return new LabError(
    "E_TARGET_START",
    `${target}: the program in ${image} is for another kind of machine: ${words}`,
    "Take the same image for this kind of machine (docker pull --platform …, or build it here).",
    { cause },
  );
}

function quoted(log: readonly string[]): string {
  return log.slice(-lastLines).join("\n") || "(none)";
}
