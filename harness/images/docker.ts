import { LabError } from "#contract/errors.ts";
import { dockerFault, dockerMissing } from "./docker-fault.ts";
import { type Ended, type ProgramOptions, runProgram } from "./run-program.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Runs the docker command. Throws where it is missing, cannot reach its daemon or fails; `doing` begins the message:
 * `seatrial/mosquitto cannot be built`.
 */
export async function docker(
  { environment, signal }: Pick<Workshop, "environment" | "signal">,
  words: readonly string[],
  doing: string,
  options: Pick<ProgramOptions, "input" | "output" | "onLine"> = {},
): Promise<Ended> {
  const { code, output, errors } = await tryDocker({ environment, signal }, words, options);
  if (code !== 0) throw dockerFault(doing, `${output.slice(-20_000)}\n${errors}`);
  return { code, output, errors };
}

/** Like {@link docker}, for commands whose failure the caller understands. */
export async function tryDocker(
  { environment, signal }: Pick<Workshop, "environment" | "signal">,
  words: readonly string[],
  options: Pick<ProgramOptions, "input" | "output" | "onLine"> = {},
): Promise<Ended> {
  try {
    return await runProgram("docker", words, { environment, signal, ...options });
  } catch (cause) {
    if (cause instanceof LabError || !isMissing(cause)) throw cause;
    throw dockerMissing(cause);
  }
}

/** Whether a program could not be started because it is not there. */
export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT" && "syscall" in cause;
}
