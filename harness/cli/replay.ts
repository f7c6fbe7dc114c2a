import { LabError } from "#contract/errors.ts";
import type { Scenario } from "#contract/scenario.ts";
import { unspoken } from "#plan/abilities.ts";
import { describePlan } from "#plan/describe-plan.ts";
import { jsonOf } from "#plan/parameters.ts";
import { suggestion } from "#plan/suggestion.ts";
import { type FuzzCase, readFuzzCase } from "#simulator/fuzz/fuzz-case.ts";
import { loadCatalogue } from "./catalogue.ts";
import { targetOf } from "./choose-target.ts";
import { knobsOf, type RunOptions, readText } from "./options.ts";
import { runPlans } from "./run-plans.ts";
import type { Terminal } from "./terminal.ts";

/** Options of `seatrial replay`. */
export interface ReplayOptions extends RunOptions {
  readonly times: string;
}

/** Protocols whose cases can be sent again. */
const known = ["coap", "dtls"];

/** `seatrial replay`: sends a kept fuzz case again, on the target where it was found or on another one. */
export async function replayCase(
  [file = ""]: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const catalogue = await loadCatalogue();
  const kept = caseIn(file);
  if (!known.includes(kept.protocol)) {
    const says = `${file}: cases of the protocol "${kept.protocol}" cannot be sent again${suggestion(kept.protocol, known)}`;
    throw new LabError("E_USAGE", says, `Known: ${known.join(", ")}.`);
  }
  const attack = catalogue.attacks.get("coap.replay");
  if (attack === undefined) throw new Error("the catalogue has no coap.replay");
  const named = options.target ?? kept.found.target;
  const target = targetOf({ ...options, target: named }, catalogue);
  if (target === undefined) throw new Error("a target that is named is chosen or refused");
  if (unspoken(attack, target) !== undefined) {
    throw new LabError("E_USAGE", `--target ${named}: it does not speak ${attack.speaks}`, "Name a CoAP server.");
  }
  const parameters = jsonOf(
    attack.parameters.parse({ protocol: kept.protocol, steps: kept.steps, times: timesOf(options.times) }),
  );
  const scenario: Scenario = {
    id: "replay",
    title: `Send again what was found in ${kept.found.run}`,
    target,
    posture: options.posture ?? "hardened",
    knobs: knobsOf(options),
    fleets: [],
    stages: [{ name: "replay", together: false, attacks: [{ attack, parameters }], disruptions: [] }],
    expects: [],
  };
  if (options.dryRun) {
    for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  const planned = { command: "replay" as const, file, scenario, options: { ...options, target: named } };
  return runPlans([planned], catalogue, options, terminal);
}

function caseIn(file: string): FuzzCase {
  const { text } = readText(file);
  try {
    return readFuzzCase(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = "Give a fuzz-case.json that a fuzzing attack kept in the evidence of its run.";
    throw new LabError("E_USAGE", `${file}: not a fuzz case (${why})`, hint, { cause });
  }
}

function timesOf(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000) return Number(text);
  throw new LabError("E_USAGE", `--times ${text}: not a whole number from 1 to 1000`, "Write for example --times 20.");
}
