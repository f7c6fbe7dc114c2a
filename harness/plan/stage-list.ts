import { z } from "zod";
import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { Disruption } from "#contract/disruption.ts";
import type { Load } from "#contract/load.ts";
import { duration } from "#contract/parameters.ts";
import type { PlannedAttack, PlannedDisruption, PlannedLoad, Stage } from "#contract/scenario.ts";
import type { Target } from "#contract/target.ts";
import { lacking, unspoken } from "./abilities.ts";
import type { Path, PlanDocument } from "./document.ts";
import { readFields } from "./fields.ts";
import { readParameters } from "./parameters.ts";
import { readReference } from "./reference.ts";

/** Keys of one stage. */
export const stageShape = {
  stage: z.string().min(1).max(60).describe("Name of the stage, shown in the report"),
  lasts: duration({ atMost: "24h" })
    .optional()
    .describe("How long it lasts; without it, until loads and attacks ended and disruptions were lifted and watched"),
  after: duration({ atMost: "1h" })
    .optional()
    .describe("How long the loads of the stage run before its attacks and disruptions begin"),
  loads: z.array(z.unknown()).default([]).describe("Honest use of the target, much of it, from the start of the stage"),
  together: z.boolean().default(false).describe("Run the attacks of this stage side by side"),
  attacks: z.array(z.unknown()).default([]).describe("Attacks, one after the other"),
  disruptions: z.array(z.unknown()).default([]).describe("What befalls the system"),
};

/** Reads the key `stages` for this target. */
export function readStages(document: PlanDocument, catalogue: Catalogue, target: Target | undefined): readonly Stage[] {
  const listed = document.at(["stages"]);
  if (!Array.isArray(listed)) return [];
  const names = new Set<string>();
  return listed.map((_, index) => {
    const stage = readStage(document, ["stages", index], catalogue, target);
    if (names.has(stage.name)) {
      document.problems.add(document.place(["stages", index, "stage"]), `there is already a stage "${stage.name}"`);
    }
    names.add(stage.name);
    return stage;
  });
}

function readStage(document: PlanDocument, path: Path, catalogue: Catalogue, target: Target | undefined): Stage {
  const read = readFields(document, path, stageShape, "a stage");
  const { stage: name = `#${String(path[1])}`, lasts: lastsMs, after: afterMs, together = false } = read;
  const loads = (read.loads ?? []).flatMap(
    (_, index) => readLoad(document, [...path, "loads", index], catalogue, target) ?? [],
  );
  const attacks = (read.attacks ?? []).flatMap(
    (_, index) => readAttack(document, [...path, "attacks", index], catalogue, target) ?? [],
  );
  const disruptions = (read.disruptions ?? []).flatMap(
    (_, index) =>
      readDisruption(document, [...path, "disruptions", index], catalogue, target, roomMs(lastsMs, afterMs)) ?? [],
  );
  const befalling = [...(read.attacks ?? []), ...(read.disruptions ?? [])];
  const given = [...(read.loads ?? []), ...befalling];
  if (given.length === 0 && document.at([...path, "lasts"]) === undefined) {
    const says = `the stage "${name}" has nothing to do: give it "lasts", "loads", "attacks" or "disruptions"`;
    document.problems.add(document.place(path), says);
  }
  const straining = attacks.find(({ attack }) => attack.strains);
  if (together && attacks.length > 1 && straining !== undefined) {
    const says = `${straining.attack.id} strains the target, so nothing can be judged that runs together with it`;
    document.problems.add(document.keyPlace([...path, "together"]), says, "Give it a stage of its own.");
  }
  if (afterMs !== undefined && (befalling.length === 0 || given.length === befalling.length)) {
    const says = '"after" lets loads run before attacks and disruptions begin; this stage lacks one or the other';
    document.problems.add(document.keyPlace([...path, "after"]), says);
  }
  return {
    name,
    ...(lastsMs !== undefined && { lastsMs }),
    attacks,
    together,
    disruptions,
    ...(loads.length > 0 && { loads }),
    ...(afterMs !== undefined && { afterMs }),
  };
}

/** What a stage of a given length leaves to its disruptions. */
function roomMs(lastsMs: number | undefined, afterMs = 0): number | undefined {
  return lastsMs === undefined ? undefined : lastsMs - afterMs;
}

function readLoad(
  document: PlanDocument,
  path: Path,
  { loads }: Catalogue,
  target: Target | undefined,
): PlannedLoad | undefined {
  const found = readReference<Load>(document, path, { kind: "load", units: loads, mayBeUnable: true });
  if (found === undefined) return undefined;
  const { unit: load, ifAble } = found;
  const parameters = readParameters(document, found.parameters, load.parameters, load.id);
  if (target?.listens?.includes(load.over) === false && !ifAble) {
    const says = `${load.id} works over ${load.over}, on which the target ${target.id} does not listen`;
    const hint = "Leave the load out, mark it with ifAble: true, or choose another target.";
    document.problems.add(document.keyPlace(found.path), says, hint);
  }
  return { load, parameters, ifAble };
}

function readAttack(
  document: PlanDocument,
  path: Path,
  { attacks }: Catalogue,
  target: Target | undefined,
): PlannedAttack | undefined {
  const found = readReference<Attack>(document, path, { kind: "attack", units: attacks, mayBeUnable: true });
  if (found === undefined) return undefined;
  const { unit: attack, ifAble } = found;
  const parameters = readParameters(document, found.parameters, attack.parameters, attack.id);
  if (target === undefined) return { attack, parameters };
  const at = document.keyPlace(found.path);
  const strange = unspoken(attack, target);
  if (strange !== undefined) {
    document.problems.add(at, `${attack.id} speaks ${strange}, which the target ${target.id} does not`);
  }
  const missing = attack.needs.filter((role) => target.gives?.roles.includes(role) === false);
  if (missing.length > 0 && !ifAble) {
    const says = `${attack.id} needs ${missing.join(" and ")}, which the target ${target.id} does not give`;
    document.problems.add(
      at,
      says,
      "Name them in the identities file, leave the attack out, or mark it with ifAble: true.",
    );
  }
  return { attack, parameters };
}

function readDisruption(
  document: PlanDocument,
  path: Path,
  { disruptions }: Catalogue,
  target: Target | undefined,
  stageMs: number | undefined,
): PlannedDisruption | undefined {
  const found = readReference<Disruption>(document, path, {
    kind: "disruption",
    units: disruptions,
    mayBeUnable: true,
  });
  if (found === undefined) return undefined;
  const { unit: disruption, ifAble } = found;
  const before = document.problems.count;
  const parameters = readParameters(document, found.parameters, disruption.parameters, disruption.id);
  const at = document.keyPlace(found.path);
  const missing = target === undefined ? [] : lacking(disruption, target);
  if (missing.length > 0 && !ifAble) {
    const says = `${disruption.id} needs ${missing.join(" and ")}, which the target ${target?.id ?? ""} does not offer`;
    document.problems.add(at, says, "Leave the disruption out, mark it with ifAble: true, or choose another target.");
  }
  const planned = { disruption, parameters, ifAble };
  if (document.problems.count > before) return planned;
  const lastsMs = disruption.lastsMs(parameters);
  if (stageMs !== undefined && stageMs < lastsMs) {
    const says = `${disruption.id} lasts ${lastsMs} ms, longer than its stage with ${stageMs} ms`;
    document.problems.add(at, says, 'Make "lasts" longer, or leave it out.');
  }
  return planned;
}
