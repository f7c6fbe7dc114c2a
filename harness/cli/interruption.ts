import { LabError } from "#contract/errors.ts";
import { exitCodes } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/**
 * A signal that aborts with Ctrl-C, SIGTERM or a closed terminal, so that everything is disposed of in order. A second
 * Ctrl-C ends at once; what is left then is reaped by the next start.
 */
export function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  const end = (name: string) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    terminal.line(`${name}: ending the run, lifting what was imposed (again to end at once)`);
    controller.abort(
      new LabError("E_INTERRUPTED", `the run was ended by ${name}`, "Its record is kept; run it again for a verdict."),
    );
  };
  process.on("SIGINT", () => end("Ctrl-C"));
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGHUP", () => end("a closed terminal"));
  // Started by the launcher, which an old Node runs: its end ends this. The channel alone must not keep us running.
  process.on("disconnect", () => end("the end of the process that started it"));
  process.channel?.unref();
  return controller.signal;
}
