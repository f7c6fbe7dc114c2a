import { LabError } from "#contract/errors.ts";
import { exitCodes } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What a person is told when a command is ended. */
export interface EndingWords {
  /** What happens now. */
  readonly ending: string;
  /** What was ended: `the run`. */
  readonly what: string;
  /** What there is to do next. */
  readonly hint: string;
}

const runWords: EndingWords = {
  ending: "ending the run, lifting what was imposed",
  what: "the run",
  hint: "Its record is kept; run it again for a verdict.",
};

/**
 * A signal that aborts with Ctrl-C, SIGTERM or a closed terminal, so that everything is disposed of in order. A second
 * Ctrl-C ends at once; what is left then is reaped by the next start.
 */
export function interruption(terminal: Terminal, words = runWords): AbortSignal {
  const controller = new AbortController();
  const end = (name: string) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    terminal.line(`${name}: ${words.ending} (again to end at once)`);
    controller.abort(new LabError("E_INTERRUPTED", `${words.what} was ended by ${name}`, words.hint));
  };
  process.on("SIGINT", () => end("Ctrl-C"));
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGHUP", () => end("a closed terminal"));
  // Started by the launcher, which an old Node runs: its end ends this. The channel alone must not keep us running.
  process.on("disconnect", () => end("the end of the process that started it"));
  process.channel?.unref();
  return controller.signal;
}
