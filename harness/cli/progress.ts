import type { JsonObject, Observation } from "#contract/observation.ts";
import type { Terminal } from "./terminal.ts";

const beats = new Map([
  ["control", "control"],
  ["launch", "attack"],
  ["recovery", "recovery"],
]);

/** Tells a person what a run is doing, from its observations. */
export function progressOf(terminal: Terminal): (seen: Observation) => void {
  const detail = new Map<number, JsonObject>();
  return (seen) => {
    const at = `${(seen.atMs / 1_000).toFixed(1).padStart(5)} s`;
    const say = (text: string) => terminal.line(terminal.paint("dim", at) + `  ${text}`);
    const name = seen.actor.slice(seen.actor.indexOf(":") + 1);
    if (seen.phase === "attempt" && isObject(seen.detail)) detail.set(seen.seq, seen.detail);
    if (seen.action === "started" && seen.actor.startsWith("target:")) say(`target ${name} runs`);
    else if (seen.action === "fleet.settled" && isObject(seen.detail)) {
      if (seen.detail["settled"] !== true) say(terminal.paint("yellow", "the fleet is not fully connected"));
    } else if (seen.action === "stage" && seen.phase === "attempt" && isObject(seen.detail)) {
      say(terminal.paint("bold", `stage ${word(seen.detail["stage"])}`));
    } else if (seen.action === "skipped" && isObject(seen.detail))
      say(`${name}: skipped, ${word(seen.detail["because"])}`);
    else if (seen.actor.startsWith("attack:") && beats.has(seen.action)) {
      if (seen.phase === "attempt") terminal.live(`${at}  ${name}: ${beats.get(seen.action) ?? ""}`);
      else if (seen.action === "recovery") say(`${name}: done`);
      if (seen.phase === "unknown")
        say(`${name}: ${seen.action} ${terminal.paint("yellow", seen.error?.message ?? "failed")}`);
    } else if (seen.action === "imposed") say(`${name}: imposed`);
    else if (seen.action === "lift" && seen.phase !== "attempt") say(`${name}: lifted`);
    else if (seen.actor.startsWith("load:") && seen.action === "load") {
      say(seen.phase === "attempt" ? `${name}: begins` : `${name}: ${seen.error?.message ?? "through"}`);
    } else if (seen.action === "load.skipped" && isObject(seen.detail)) {
      const why = `not tested, ${word(seen.detail["because"])}; to bring it: ${word(seen.detail["bring"])}`;
      say(`${name}: ${terminal.paint("yellow", why)}`);
    } else if (seen.action === "load.generator" && isObject(seen.detail) && seen.detail["healthy"] !== true) {
      say(`${name}: ${terminal.paint("yellow", `the generator is the bottleneck: ${word(seen.detail["because"])}`)}`);
    } else if (seen.action === "fleet.counters" && isObject(seen.detail)) {
      terminal.live(`${at}  ${name}: ${word(seen.detail["connected"])} of ${word(seen.detail["expected"])} connected`);
    }
  };
}

function word(value: JsonObject[string] | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function isObject(detail: Observation["detail"]): detail is JsonObject {
  return typeof detail === "object" && detail !== null && !Array.isArray(detail);
}
