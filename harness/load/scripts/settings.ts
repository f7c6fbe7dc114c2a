import { SharedArray } from "k6/data";
import type { Options } from "k6/options";

/** A client as a script knows it. */
export interface ScriptIdentity {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Where it publishes, and where it is addressed. */
  readonly telemetry: string;
  readonly command: string;
}

/** What k6 is told, in a file; `own` is for one load alone. */
export interface Settings<Own> {
  readonly url: string;
  /** Names and the addresses that they stand for, so that k6 resolves none. */
  readonly hosts: { readonly [name: string]: string };
  readonly keepAliveS: number;
  readonly seed: number;
  readonly scenarios: NonNullable<Options["scenarios"]>;
  readonly thresholds: { readonly [metric: string]: readonly string[] };
  readonly summaryFile: string;
  readonly identitiesFile: string;
  readonly own: Own;
}

/** Who takes part. */
interface People {
  readonly clients: readonly ScriptIdentity[];
  readonly operator?: ScriptIdentity;
}

/** Reads the settings; only while k6 loads the script. */
export function readSettings<Own>(): Settings<Own> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the starter of this script wrote the file by this type
  return JSON.parse(open(__ENV["SETTINGS"] ?? "")) as Settings<Own>;
}

/** The clients of a load, held in memory once for all virtual users. */
export function readClients({ identitiesFile }: Settings<unknown>): readonly ScriptIdentity[] {
  return new SharedArray("clients", () => [...people(identitiesFile).clients]);
}

/** The one who addresses the clients. Throws where the load was given none. */
export function readOperator({ identitiesFile }: Settings<unknown>): ScriptIdentity {
  const [operator] = new SharedArray("operator", () => [people(identitiesFile).operator]);
  if (operator === undefined) throw new Error("this load needs an operator");
  return operator;
}

function people(path: string): People {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the starter of this script wrote the file by this type
  return JSON.parse(open(path)) as People;
}

/** What k6 is asked to do. */
export function optionsOf({ scenarios, thresholds, hosts }: Settings<unknown>): Options {
  return {
    scenarios,
    hosts: { ...hosts },
    thresholds: Object.fromEntries(Object.entries(thresholds).map(([metric, list]) => [metric, [...list]])),
    // Without a tag for each sample's URL and status, the stream of samples is a third as long; checks need these two.
    systemTags: ["check", "group"],
    summaryTrendStats: [...new Set([...usualStatistics, ...Object.values(thresholds).flat().flatMap(percentileIn)])],
  };
}

const usualStatistics = ["avg", "min", "med", "max", "p(50)", "p(95)", "p(99)", "count"];

/** The percentile that a threshold speaks of, so that the summary tells its value. */
function percentileIn(expression: string): readonly string[] {
  return /p\([^)]*\)/.exec(expression) ?? [];
}

/** Writes the summary where the starter looks for it, and nothing to the terminal. */
export function summaryOf({ summaryFile }: Settings<unknown>, summary: unknown): { readonly [path: string]: string } {
  return { [summaryFile]: JSON.stringify(summary) };
}
