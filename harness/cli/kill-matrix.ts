import type { Attack } from "#contract/attack.ts";
import type { Wire } from "#contract/bench.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { Check, Exercise, FreeCheck, Twin, Verdict } from "#contract/check.ts";
import type { Disruption } from "#contract/disruption.ts";
import type { Fleet } from "#contract/fleet.ts";
import type { DeviceIdentity, Identities, Identity } from "#contract/identity.ts";
import type { Load } from "#contract/load.ts";
import type { Observation } from "#contract/observation.ts";
import type { Product } from "#contract/product.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Protocol, Target, TargetFacts } from "#contract/target.ts";
import { guard } from "#engine/guard.ts";
import { realClock } from "#engine/real-clock.ts";
import { run } from "#engine/run.ts";
import { protocolsOf } from "#plan/abilities.ts";
import { openLabCounter } from "./lab-counter.ts";
import { openLabLink } from "./lab-link.ts";
import { ScratchFolders } from "./scratch-folders.ts";

/** What a twin loosens, and the check that must notice. */
export interface MatrixRow {
  readonly check: string;
  readonly loosened: string;
  readonly weak: Verdict;
  readonly hardened: Verdict;
  /** With every secret wrong, so that no control can hold; absent for declared evidence, which has no control. */
  readonly broken?: Verdict;
  /** Whether all three are as they must be. */
  readonly holds: boolean;
  /** True where the exercise needs a program that is not installed, so that nothing was shown. */
  readonly isNotTested?: true;
  /** What the checks said, for a row that does not hold. */
  readonly says: readonly string[];
}

/** One twin with the check that it kills and what exercises it. */
export interface Case {
  readonly check: Check;
  readonly exercise: Exercise;
  readonly twin?: Twin;
}

/** How many devices a fleet exercise has: enough that a storm can be told from a spread return. */
const fleetSize = 40;

/** How long a load runs before the attack beside it begins. */
const loadAloneMs = 4_000;

/** Every twin of the catalogue. */
export function casesOf(catalogue: Catalogue): readonly Case[] {
  const find = (id: string) => catalogue.checks.find((check) => check.id === id);
  const owned = (exercise: Exercise, twins: readonly Twin[], owner: string): readonly Case[] =>
    twins.map((twin) => {
      const check = find(twin.kills);
      if (check === undefined) throw new Error(`${owner} has a twin for "${twin.kills}", which is no check`);
      return { check, exercise, twin };
    });
  const free = (check: FreeCheck): readonly Case[] =>
    "product" in check.exercise ? [{ check, exercise: check.exercise }] : owned(check.exercise, check.twins, check.id);
  return [
    ...[...catalogue.attacks.values()].flatMap(({ id, twins }) => owned({ attack: id }, twins, id)),
    ...[...catalogue.disruptions.values()].flatMap(({ id, twins = [] }) => owned({ disruption: id }, twins, id)),
    ...[...catalogue.freeChecks.values()].flatMap(free),
  ];
}

/** Runs one case three times: weak, hardened, and with broken identities. */
export async function tryCase(one: Case, catalogue: Catalogue, signal: AbortSignal): Promise<MatrixRow> {
  const { check, exercise, twin } = one;
  if ("product" in exercise) return judgeProducts(check, exercise.product);
  const loosened = twin === undefined ? "" : `${twin.loosen.where}.${twin.loosen.knob} = ${String(twin.loosen.value)}`;
  const judge = async (variant: Variant) => check.judge(await record(one, variant, catalogue, signal));
  const weak = await judge("weak");
  if ("load" in exercise && weak.verdict === "not-tested") {
    return {
      check: check.id,
      loosened,
      weak: "not-tested",
      hardened: "not-tested",
      holds: false,
      isNotTested: true,
      says: [weak.says],
    };
  }
  const hardened = await judge("hardened");
  const broken = await judge("broken");
  return {
    check: check.id,
    loosened,
    weak: weak.verdict,
    hardened: hardened.verdict,
    broken: broken.verdict,
    holds: weak.verdict === "fail" && hardened.verdict === "pass" && broken.verdict === "inconclusive",
    says: [weak.says, hardened.says, broken.says],
  };
}

type Variant = "weak" | "hardened" | "broken";

function judgeProducts(check: Check, products: { readonly weak: Product; readonly hardened: Product }): MatrixRow {
  const [weak, hardened] = [products.weak, products.hardened].map((product) =>
    check.judge({ header: { ...emptyHeader, product }, history: [] }),
  );
  return {
    check: check.id,
    loosened: "declared evidence",
    weak: weak?.verdict ?? "error",
    hardened: hardened?.verdict ?? "error",
    holds: weak?.verdict === "fail" && hardened?.verdict === "pass",
    says: [weak?.says ?? "", hardened?.says ?? ""],
  };
}

async function record(one: Case, variant: Variant, catalogue: Catalogue, signal: AbortSignal): Promise<RunRecord> {
  const scenario = scenarioOf(one, variant, catalogue);
  const history: Observation[] = [];
  using scratch = new ScratchFolders();
  let target: TargetFacts = emptyHeader.target;
  await run(scenario, {
    clock: realClock(),
    signal,
    seed: one.check.id,
    runId: `selftest-${variant}`,
    claim: guard(async () => [], "9999"),
    lease: () => {},
    journal: (seen) => void history.push(seen),
    wireFor: () => unkept,
    openLink: openLabLink,
    openCounter: openLabCounter,
    folderFor: (unit) => ({ folder: scratch.folderFor(unit), folderInRun: "" }),
    keep: (_, name) => name,
    environment: process.env,
    onTarget: (facts) => {
      target = facts;
    },
  });
  const fleets = scenario.fleets.map(({ device, size, posture }) => ({ device: device.id, size, posture }));
  return { header: { ...emptyHeader, target, fleets }, history };
}

function scenarioOf({ exercise, twin, check }: Case, variant: Variant, catalogue: Catalogue): Scenario {
  const embedded = targetFor(exercise, catalogue);
  const loosen = variant === "weak" ? twin?.loosen : undefined;
  const knobs = {
    ...twin?.both?.broker,
    ...twin?.both?.["coap-server"],
    ...(loosen !== undefined && loosen.where !== "device" && { [loosen.knob]: loosen.value }),
  };
  const device = {
    ...twin?.both?.device,
    ...(loosen?.where === "device" && { [loosen.knob]: String(loosen.value) }),
  };
  const fleets = fleetsFor({ check, exercise, ...(twin && { twin }) }, device, catalogue);
  return {
    id: `selftest-${check.id}`,
    title: check.asks,
    target: variant === "broken" ? lockedOut(embedded) : embedded,
    posture: "hardened",
    knobs,
    fleets,
    // A second in which nothing happens, so that the fleet's first connects are not counted among its returns.
    stages: [
      { name: "settle", lastsMs: fleets.length > 0 ? 1_500 : 1, together: false, attacks: [], disruptions: [] },
      stageOf(exercise, twin, catalogue),
    ],
    expects: [],
  };
}

/** Devices of the exercise; an attack that crosses from a protocol to another needs one that stands between the two. */
function fleetsFor(
  { check, exercise, twin }: Case,
  posture: { readonly [knob: string]: string },
  catalogue: Catalogue,
): readonly Fleet[] {
  if ("load" in exercise) return [];
  const spoken = protocolsIn(exercise, catalogue);
  if (spoken.length > 1) {
    const between = [...catalogue.devices.values()].find((device) =>
      spoken.every((protocol) => protocolsOf(device).includes(protocol)),
    );
    return between === undefined ? [] : [catalogue.fleetOf(between, 1, posture)];
  }
  const type = catalogue.devices.get("thermostat");
  const isWanted = !("attack" in exercise) || twin?.loosen.where === "device" || catalogue.freeChecks.has(check.id);
  return isWanted && type !== undefined ? [catalogue.fleetOf(type, fleetSize, posture)] : [];
}

function protocolsIn(exercise: Exercise, { attacks }: Catalogue): readonly Protocol[] {
  const attack = "attack" in exercise ? attacks.get(exercise.attack) : undefined;
  return attack === undefined ? ["mqtt"] : protocolsOf(attack);
}

/** The target of ours that speaks what the exercise does. */
function targetFor(exercise: Exercise, catalogue: Catalogue): Target {
  const { targets } = catalogue;
  const spoken = protocolsIn(exercise, catalogue);
  const id = spoken.length > 1 ? "embedded-home" : spoken[0] === "coap" ? "embedded-coap" : "embedded";
  const target = targets.get(id);
  if (target === undefined) throw new Error(`the catalogue has no target ${id}`);
  return target;
}

function stageOf(exercise: Exercise, twin: Twin | undefined, catalogue: Catalogue): Stage {
  const empty = { name: "exercise", together: false, attacks: [], disruptions: [] };
  const parameters = (unit: Attack | Disruption | Load) => jsonOf(unit.parameters.parse(twin?.parameters ?? {}));
  if ("attack" in exercise) {
    const attack = catalogue.attacks.get(exercise.attack);
    if (attack === undefined) throw new Error(`there is no attack ${exercise.attack}`);
    return { ...empty, attacks: [{ attack, parameters: parameters(attack) }] };
  }
  if ("load" in exercise) {
    const load = catalogue.loads.get(exercise.load);
    const attack = catalogue.attacks.get(exercise.beside);
    if (load === undefined) throw new Error(`there is no load ${exercise.load}`);
    if (attack === undefined) throw new Error(`there is no attack ${exercise.beside}`);
    return {
      ...empty,
      loads: [{ load, parameters: parameters(load), ifAble: false }],
      afterMs: loadAloneMs,
      attacks: [{ attack, parameters: jsonOf(attack.parameters.parse({})) }],
    };
  }
  if ("disruption" in exercise) {
    const disruption = catalogue.disruptions.get(exercise.disruption);
    if (disruption === undefined) throw new Error(`there is no disruption ${exercise.disruption}`);
    return { ...empty, disruptions: [{ disruption, parameters: parameters(disruption), ifAble: false }] };
  }
  return empty;
}

function jsonOf(value: Record<string, unknown>): Record<string, never> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parameters are read from JSON or YAML, so they are JSON
  return value as Record<string, never>;
}

/** The same target, but with every secret that it hands out wrong: nothing legitimate succeeds, so no control may hold. */
function lockedOut(target: Target): Target {
  return {
    ...target,
    start: async (bench, claim, order) => {
      const running = await target.start(bench, claim, order);
      return {
        facts: running.facts,
        can: running.can,
        main: running.main,
        ...(running.resources && { resources: running.resources }),
        ...(running.caller && { caller: running.caller }),
        identities: withoutSecrets(running.identities),
        address: (scheme) => running.address(scheme),
        [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
      };
    },
  };
}

function wrong<T extends Identity>(identity: T): T {
  return { ...identity, password: "not-the-secret" };
}

function withoutSecrets({ operator, intruder, victim, devices }: Identities): Identities {
  return {
    ...(operator && { operator: wrong(operator) }),
    ...(intruder && { intruder: wrong<DeviceIdentity>(intruder) }),
    ...(victim && { victim: wrong<DeviceIdentity>(victim) }),
    devices: devices.map(wrong),
  };
}

const unkept: Wire = {
  open: () => ({ reference: { file: "not kept", stream: 0 }, sent() {}, received() {}, closed() {} }),
};

const emptyHeader: RunHeader = {
  format: 1,
  tool: { name: "seatrial", version: "selftest" },
  id: "selftest",
  seed: "selftest",
  scenario: { id: "selftest", title: "Kill matrix" },
  state: "completed",
  startedAt: "",
  target: { id: "embedded", product: "selftest", fidelity: "simulated" },
  fleets: [],
  stages: [],
  expects: [],
  command: "seatrial selftest",
};
