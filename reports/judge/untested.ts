import { anyOutage, type Check } from "#contract/check.ts";
import { notesOf } from "#contract/judging.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "./counters.ts";

/** Why a check of the catalogue has no verdict, given the checks of seatrial that cover it. */
export function whyNotTested(covering: readonly Check[], record: RunRecord): string {
  if (covering.length === 0) return "no check of seatrial covers this yet";
  const needs = [...new Set(covering.flatMap((check) => check.needs))];
  const [reason] = needs.flatMap((id) => skipReason(id, record) ?? []);
  if (reason !== undefined) return reason;
  const missing = needs.filter((id) => !isPlanned(id, record));
  if (missing.length > 0) return `not in the plan: ${missing.join(", ").replace(anyOutage, "an outage")}`;
  return "the run held nothing to judge it by";
}

function isPlanned(id: string, { header }: RunRecord): boolean {
  if (id === anyOutage) return header.stages.some(({ disruptions }) => disruptions.length > 0);
  return header.stages.some(({ attacks, disruptions, loads = [] }) =>
    [...attacks, ...disruptions, ...loads].some((unit) => unit.id === id),
  );
}

/** Why a unit of the plan was skipped, by the engine or (a load without its generator) by itself; undefined where it was not. */
export function skipReason(id: string, { history }: RunRecord): string | undefined {
  const notes = [...notesOf(history, "skipped"), ...notesOf(history, "load.skipped")];
  const note = notes.find(({ actor }) => unitOf(actor) === id);
  if (note === undefined) return undefined;
  const because = memberOf(note.detail, "because");
  const bring = memberOf(note.detail, "bring");
  const command = typeof bring === "string" && bring !== "" ? `; run: ${bring}` : "";
  return `${id} was skipped: ${typeof because === "string" ? because : "no reason was given"}${command}`;
}

/** `attack:mqtt.topic-snoop#2` → `mqtt.topic-snoop`. */
export function unitOf(actor: string): string {
  return actor.replace(/^[a-z]+:/, "").replace(/#\d+$/, "");
}
