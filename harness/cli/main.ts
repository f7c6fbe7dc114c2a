import { Command, CommanderError, type Option } from "commander";
import { assess } from "./assess.ts";
import { demo } from "./demo.ts";
import { exitCodeOfError, exitCodes } from "./exit-code.ts";
import { explain } from "./explain.ts";
import { type ImagesOptions, images, imagesOptions } from "./images.ts";
import { type LabOptions, lab, labOptions } from "./lab.ts";
import { list } from "./list.ts";
import { type CommonOptions, type RunOptions, runOptions } from "./options.ts";
import { rejudge } from "./rejudge.ts";
import { type ReplayOptions, replayCase } from "./replay.ts";
import { runScenarios } from "./run-scenarios.ts";
import { selftest } from "./selftest.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { validate } from "./validate.ts";
import { version } from "./version.ts";

const program = new Command("seatrial")
  .description(
    "Sea trials for IoT fleets: simulated devices, scripted attacks and disruptions, and a report by the six DHS principles.",
  )
  .version(version)
  .showHelpAfterError("(see seatrial --help, or seatrial <command> --help)")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(`seatrial: ${text.replace(/^error: /, "")}`) });

/** Adds a command whose action returns an exit code. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- ties what an action reads to what its options give
function command<O extends CommonOptions>(
  usage: string,
  description: string,
  action: (operands: readonly string[], options: O, terminal: Terminal) => Promise<number>,
  options: readonly Option[] = [],
): Command {
  const made = program.command(usage).description(description);
  for (const option of options) made.addOption(option);
  made
    .option("-q, --quiet", "no progress")
    .option("--json", "the result as JSON on standard output")
    .option("--no-color", "no colour (also by NO_COLOR)");
  return made.action(async (...given: unknown[]) => {
    const chosen: O = made.opts();
    const color = chosen.color && process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
    const terminal = openTerminal({ quiet: chosen.quiet === true || chosen.json === true, color });
    // Commander hands over the operands, then the options and the command; a variadic operand is one array.
    const operands = given
      .slice(0, -2)
      .flat()
      .filter((operand) => typeof operand === "string");
    try {
      process.exitCode = await action(operands, chosen, terminal);
    } catch (error) {
      terminal.fault(error);
      process.exitCode = exitCodeOfError(error);
    }
  });
}

command<RunOptions>(
  "run <scenario...>",
  "run scenarios (id, file or folder), judge them and write the report",
  runScenarios,
  runOptions,
);
command<RunOptions>(
  "assess <product>",
  "plan every check that applies to a product, run them, write the graded report",
  assess,
  runOptions,
);
command<ReplayOptions>(
  "replay <case>",
  "send again what a fuzzing attack kept, on the same target or another one",
  replayCase,
  runOptions.filter(({ long }) => long !== "--only" && long !== "--skip"),
).option("--times <number>", "how often it is sent", "10");
command<CommonOptions & { format?: string }>(
  "report <run>",
  "judge a stored run again and write its report",
  rejudge,
).option("-f, --format <formats>", "report formats, separated by commas (default: html,json,md,junit)");
command<CommonOptions>(
  "list [kind]",
  "every unit: attacks, disruptions, devices, targets, checks, scenarios, formats",
  list,
);
command<CommonOptions>("explain <id>", "what a unit does, how it is judged, how to fix what it finds", explain);
command<CommonOptions>("validate <file>", "check a scenario, product, scope or identities file", validate);
command<CommonOptions & { only?: string }>(
  "selftest",
  "the kill matrix: every check must fail on its weak twin and pass on its hardened one",
  selftest,
).option("--only <id>", "only the twins of this check, attack or disruption");
command<ImagesOptions>(
  "images <what> [names...]",
  "list, build, save and load the images that targets in containers need, also without a registry",
  images,
  imagesOptions,
);
command<LabOptions>(
  "lab <what>",
  "prepare: write the configuration and the secrets of the lab in docker-compose.yml",
  lab,
  labOptions,
);
command<RunOptions>(
  "demo",
  "assess a demo product twice, weak and hardened, on the embedded broker",
  demo,
  runOptions.filter(({ long }) => long === "--seed" || long === "--out"),
);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
