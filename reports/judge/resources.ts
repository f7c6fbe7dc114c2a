import { notesOf } from "#contract/judging.ts";
import type { History } from "#contract/observation.ts";
import type { ResourceUse } from "#contract/report.ts";
import { memberOf, numberOf } from "./counters.ts";

/** What targets used, as their `resources` notes say, in order of time; a note that measured nothing is left out. */
export function resourcesOf(history: History): readonly ResourceUse[] {
  return notesOf(history, "resources")
    .filter(({ actor }) => actor.startsWith("target:"))
    .flatMap(({ actor, atMs, detail }) => {
      const [cores, memoryBytes, openFiles] = ["cores", "memoryBytes", "openFiles"].map((name) =>
        numberOf(memberOf(detail, name)),
      );
      const use = {
        ...(cores !== undefined && { cores }),
        ...(memoryBytes !== undefined && { memoryBytes }),
        ...(openFiles !== undefined && { openFiles }),
      };
      return Object.keys(use).length === 0 ? [] : [{ actor, atMs, ...use }];
    });
}
