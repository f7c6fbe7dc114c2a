import { readFileSync } from "node:fs";
import { Option } from "commander";
import { LabError } from "#contract/errors.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Scope } from "#contract/scope.ts";
import type { Posture } from "#contract/target.ts";
import { readScope } from "#plan/scope-file.ts";
import type { FailOn } from "./exit-code.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly quiet?: true;
  readonly json?: true;
  readonly color: boolean;
}

/** Options of commands that run something. */
export interface RunOptions extends CommonOptions {
  readonly target?: string;
  readonly posture?: Posture;
  readonly knob: readonly string[];
  readonly identities?: string;
  readonly ca?: string;
  readonly scope?: string;
  readonly seed: string;
  readonly out: string;
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly format?: string;
  readonly failOn: FailOn;
  readonly dryRun?: true;
  readonly metrics?: string;
}

const many = (value: string, before: readonly string[]): readonly string[] => [...before, ...value.split(",")];

/** The options of {@link RunOptions}, described for `--help`. */
export const runOptions: readonly Option[] = [
  new Option(
    "-t, --target <target>",
    "embedded, local:<program>, container:<name>, or a URL: mqtt:// mqtts:// ws:// wss:// coap:// coaps://; several by commas, or all; parts of one system by +",
  ),
  new Option("-p, --posture <posture>", "how a target that seatrial starts is configured").choices([
    "weak",
    "hardened",
  ]),
  new Option("--knob <name=value>", "set one knob of the target on top of its posture (repeatable)")
    .argParser(many)
    .default([], "none"),
  new Option("--identities <file>", "who may enter your own target (docs/targets.md)"),
  new Option("--ca <file>", "PEM of the authority that signed your own broker's certificate (mqtts, wss)"),
  new Option("--scope <file>", "what you may attack beside loopback, with owner and expiry (docs/scope.md)"),
  new Option("-s, --seed <text>", "the same seed makes the same decisions").default("1"),
  new Option("-o, --out <folder>", "where run folders are made").default("runs"),
  new Option("--only <ids>", "only these attacks, disruptions or checks").argParser(many).default([], "all"),
  new Option("--skip <ids>", "leave these attacks, disruptions or checks out").argParser(many).default([], "none"),
  new Option("-f, --format <formats>", "report formats, separated by commas (default: html,json,md,junit)"),
  new Option("--fail-on <verdict>", "which verdict makes the exit code 1")
    .choices(["fail", "inconclusive", "never"])
    .default("fail"),
  new Option("--metrics <host:port>", "serve the run's metrics to Prometheus at this address while it goes on"),
  new Option("--dry-run", "print the plan with rates, counts and duration, and start nothing"),
];

/** Reads a text file; the error names the file and says what to do. */
export function readText(path: string): { readonly text: string; readonly file: string } {
  try {
    return { text: readFileSync(path, "utf8"), file: path };
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const said =
      { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "you may not read it" }[why] ?? why;
    throw new LabError("E_USAGE", `${path}: ${said}`, "Check the path and its permissions.", { cause });
  }
}

export function scopeOf(options: RunOptions): Scope | undefined {
  return options.scope === undefined ? undefined : readScope(readText(options.scope), new Date().toISOString());
}

/** Reads `name=value` pairs; numbers and true/false become what they look like. */
export function knobsOf(options: RunOptions): JsonObject {
  return Object.fromEntries(
    options.knob.map((pair) => {
      const [name = "", value] = pair.split("=");
      if (value === undefined || name === "") {
        throw new LabError(
          "E_USAGE",
          `--knob ${pair}: not of the form name=value`,
          "Write for example --knob authorization=open.",
        );
      }
      if (value === "true" || value === "false") return [name, value === "true"];
      return [name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}
