import type { LoadCounted } from "#contract/load.ts";
import type { LoadResult, LoadWindow } from "#contract/report.ts";
import { generatorSentence, shareWithin, timeWithin, windowName } from "../text/load-words.ts";
import { inwardLink } from "../text/relative-link.ts";
import { code, plain } from "./escape.ts";

/** What honest clients of each load got; no lines where there was no load. */
export function loadLines(loads: readonly LoadResult[]): readonly string[] {
  if (loads.length === 0) return [];
  return ["### Honest clients under load", "", ...loads.flatMap(loadBlock)];
}

function loadBlock(load: LoadResult): readonly string[] {
  const { actor, skipped, windows, counted, dashboard } = load;
  const title = `**${code(actor.slice("load:".length))}**`;
  if (skipped !== undefined) {
    const bring = skipped.bring === "" ? "" : ` Run ${code(skipped.bring)} and repeat the run.`;
    return [`${title}: not tested: ${plain(skipped.because)}.${bring}`, ""];
  }
  return [
    `${title}: ${plain(generatorSentence(load))}`,
    "",
    ...(windows.length === 0 ? [] : windowTable(load)),
    ...(counted.length === 0 ? [] : countedTable(counted)),
    ...(dashboard === undefined ? [] : [`[The generator's own report](${inwardLink(dashboard)})`, ""]),
  ];
}

function windowTable(load: LoadResult): readonly string[] {
  return [
    "| window | operation | tried | succeeded | p50 ms | p95 ms | p99 ms |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...load.windows.flatMap((window) => window.operations.map((operation) => row(windowName(window), operation))),
    "",
  ];
}

function row(
  name: string,
  { operation, ok, failed, availability, p50, p95, p99 }: LoadWindow["operations"][number],
): string {
  const share = availability === undefined ? "nothing tried" : plain(shareWithin(availability));
  const times = [p50, p95, p99].map((time) => (time === undefined ? "–" : timeWithin(time)));
  return `| ${[name, operation, ok + failed, share, ...times].join(" | ")} |`;
}

function countedTable(counted: readonly LoadCounted[]): readonly string[] {
  return [
    "| counted | generator | lab | target | result |",
    "| --- | ---: | ---: | ---: | --- |",
    ...counted.map(
      ({ quantity, generator, lab, target, agree, says }) =>
        `| ${quantity} | ${generator} | ${lab} | ${target ?? "not counted"} | ${agree ? "" : "**differ**: "}${plain(says)} |`,
    ),
    "",
  ];
}
