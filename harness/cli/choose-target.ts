import { resolve } from "node:path";
import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import type { Protocol, Target } from "#contract/target.ts";
import { type IdentitiesFile, readIdentities } from "#plan/identities-file.ts";
import { suggestion } from "#plan/suggestion.ts";
import { externalTarget } from "#targets/external/external-target.ts";
import { joinedTarget } from "#targets/joined/joined-target.ts";
import { type RunOptions, readText } from "./options.ts";

/**
 * The options for each target that `--target` names, one after the other: as they are where it names one or none.
 * `all` stands for every target that seatrial can start and that speaks what the plan does.
 * @param spoken the protocols of the plan; asked only where they matter.
 */
export function optionsByTarget(
  options: RunOptions,
  catalogue: Catalogue,
  spoken: () => readonly Protocol[],
): readonly RunOptions[] {
  if (options.target === undefined) return [options];
  const names = options.target === "all" ? speakersOf(spoken(), catalogue) : options.target.split(",");
  const [only] = names;
  if (names.length === 1) return [{ ...options, ...(only !== undefined && { target: only }) }];
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new LabError("E_USAGE", `--target names ${twice} twice`, "Name each target once.");
  }
  return names.map((target) => ownOptions(options, target));
}

function speakersOf(spoken: readonly Protocol[], { targets }: Catalogue): readonly string[] {
  return [...targets.values()]
    .filter(({ speaks }) => spoken.every((protocol) => speaks.includes(protocol)))
    .map(({ id }) => id);
}

/** What belongs to targets of one kind is left out for the others, so that a list can hold both. */
function ownOptions(options: RunOptions, target: string): RunOptions {
  const { posture, identities, ca, ...others } = options;
  const parts = partsOf(target);
  const isSecure = parts.some((part) => /^(mqtts|wss):/.test(part));
  return {
    ...others,
    target,
    ...(posture && !parts.every(isUrl) && { posture }),
    ...(identities && parts.some(isUrl) && { identities }),
    ...(ca && isSecure && { ca }),
  };
}

/** `local:mosquitto+coap://127.0.0.1` names two parts; the + of `coap+tcp://` divides nothing. */
function partsOf(target: string): readonly string[] {
  return target.split(/\+(?=embedded|local:|container:|(?:mqtts?|wss?|coaps?|coap\+tcp):\/\/)/);
}

function isUrl(target: string): boolean {
  return /^(mqtts?|wss?|coaps?|coap\+tcp):\/\//.test(target);
}

/** The target that `--target` names, or undefined where it was not given. */
export function targetOf(options: RunOptions, catalogue: Catalogue): Target | undefined {
  const { target: name } = options;
  if (name === undefined) {
    if (options.identities !== undefined) throw identitiesWithoutUrl();
    if (options.ca !== undefined) throw authorityWithoutTls();
    return undefined;
  }
  const parts = partsOf(name);
  refuseStrayOptions(options, parts);
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return partOf(first, options, catalogue);
  return joinedTarget(parts.map((part) => partOf(part, ownOptions(options, part), catalogue)));
}

function refuseStrayOptions(options: RunOptions, parts: readonly string[]): void {
  if (options.identities !== undefined && !parts.some(isUrl)) throw identitiesWithoutUrl();
  if (options.ca !== undefined && !parts.some((part) => /^(mqtts|wss):/.test(part))) throw authorityWithoutTls();
  if (options.posture !== undefined && parts.every(isUrl)) {
    throw new LabError(
      "E_USAGE",
      "--posture does not apply to a target given by URL",
      "Leave it out: seatrial does not configure your own broker or server.",
    );
  }
}

function partOf(name: string, options: RunOptions, catalogue: Catalogue): Target {
  if (isUrl(name)) {
    const identities = options.identities === undefined ? undefined : identitiesOf(options.identities);
    const ca = options.ca === undefined ? undefined : authorityOf(options.ca);
    return externalTarget({ url: name, ...(identities && { identities }), ...(ca !== undefined && { ca }) });
  }
  const target = catalogue.targets.get(name);
  if (target !== undefined) return target;
  throw new LabError(
    "E_USAGE",
    `there is no target "${name}"${suggestion(name, [...catalogue.targets.keys()])}`,
    `Choose ${[...catalogue.targets.keys()].join(", ")}, or a URL such as mqtt://127.0.0.1:1883 or coap://127.0.0.1:5683.`,
  );
}

function authorityOf(path: string): string {
  const { text } = readText(path);
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new LabError(
    "E_USAGE",
    `--ca ${path}: holds no PEM certificate`,
    "Give the certificate that signed your broker's.",
  );
}

function authorityWithoutTls(): LabError {
  return new LabError(
    "E_USAGE",
    "--ca belongs to a --target given by mqtts:// or wss://",
    "Leave it out, or add such a target.",
  );
}

function identitiesWithoutUrl(): LabError {
  return new LabError("E_USAGE", "--identities belongs to a --target given by URL", "Add --target mqtt://host:port.");
}

function identitiesOf(path: string): IdentitiesFile {
  const base = resolve(path, "..");
  return readIdentities(readText(path), { readFile: (file) => readText(resolve(base, file)).text });
}
