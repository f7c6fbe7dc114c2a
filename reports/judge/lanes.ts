import { attemptsOf, notesOf } from "#contract/judging.ts";
import type { History, Observation } from "#contract/observation.ts";
import type { Lane } from "#contract/report.ts";
import { memberOf } from "./counters.ts";

/**
 * What was done to the system and when: stages, loads, the beats of attacks, disruptions from imposing to lifting. In order
 * of time.
 */
export function lanesOf(history: History): readonly Lane[] {
  const endMs = history.at(-1)?.atMs ?? 0;
  const byActor = Map.groupBy(history, ({ actor }) => actor);
  return [...byActor]
    .flatMap(([actor, seen]) => {
      if (actor === "lab:engine") return stages(seen, endMs);
      if (actor.startsWith("attack:")) return beats(seen, endMs);
      if (actor.startsWith("load:")) return loads(seen, endMs);
      return actor.startsWith("disruption:") ? disruption(seen, endMs) : [];
    })
    .toSorted((one, other) => one.fromMs - other.fromMs);
}

function stages(seen: readonly Observation[], endMs: number): readonly Lane[] {
  return attemptsOf(seen, "stage").map(({ began, ended }) => ({
    actor: began.actor,
    label: stageName(began),
    kind: "stage",
    fromMs: began.atMs,
    toMs: ended?.atMs ?? endMs,
  }));
}

function stageName({ detail }: Observation): string {
  const named = memberOf(detail, "stage");
  return typeof named === "string" ? named : "stage";
}

function loads(seen: readonly Observation[], endMs: number): readonly Lane[] {
  return attemptsOf(seen, "load").map(({ began, ended }) => ({
    actor: began.actor,
    label: "load",
    kind: "load",
    fromMs: began.atMs,
    toMs: ended?.atMs ?? endMs,
  }));
}

function beats(seen: readonly Observation[], endMs: number): readonly Lane[] {
  return ["control", "launch", "recovery"].flatMap((beat) =>
    attemptsOf(seen, beat).map(({ began, ended }) => ({
      actor: began.actor,
      label: beat,
      kind: "attack" as const,
      fromMs: began.atMs,
      toMs: ended?.atMs ?? endMs,
    })),
  );
}

/** In force from the moment it was begun to be imposed, because its effect begins before the imposing has ended. */
function disruption(seen: readonly Observation[], endMs: number): readonly Lane[] {
  const lifts = attemptsOf(seen, "lift");
  return attemptsOf(seen, "impose").map(({ began, ended }) => {
    const lift = lifts.find((each) => each.began.seq > began.seq);
    const never = ended !== undefined && notesOf(seen, "imposed").length === 0;
    const toMs = lift?.ended?.atMs ?? (never ? ended.atMs : endMs);
    return { actor: began.actor, label: "in force", kind: "disruption" as const, fromMs: began.atMs, toMs };
  });
}
