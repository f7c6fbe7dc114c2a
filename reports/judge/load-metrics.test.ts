import { describe, expect, it } from "vitest";
import type { LoadSecond } from "#contract/load.ts";
import type { Expectation } from "#contract/record.ts";
import { attackLines, countOfOperation, keptUp, type LoadTold, linked, loadLines } from "#testing/load-lines.ts";
import { historyOf, type Line } from "#testing/record.ts";
import { expectationResults } from "./expectations.ts";
import { loadsOf } from "./loads.ts";

type Timed = Line & { readonly atMs: number };

const seconds = (count: number, of: LoadSecond["operations"]) => Array.from({ length: count }, () => of);
const calm = { connect: countOfOperation(10, 0, 2), publish: countOfOperation(100, 0, 5) };
const busy = { connect: countOfOperation(9, 1, 40), publish: countOfOperation(100, 0, 20) };
const attack = attackLines("attack:mqtt.connect-flood", 5_000, 10_000);
const told: LoadTold = { seconds: [...seconds(5, calm), ...seconds(5, busy), ...seconds(5, calm)] };

function hold(expectation: Expectation, lines: readonly Timed[]) {
  const history = historyOf(linked(lines));
  return expectationResults(
    [expectation],
    { history, health: [], recoveries: [], loads: loadsOf({ history }) },
    "completed",
  )[0];
}

describe("the metrics of loads", () => {
  it("measure the worst operation while something is done beside the load", () => {
    const lines = [...loadLines(told), ...attack];
    expect(hold({ metric: "load.availability", atLeast: 0.95 }, lines)).toMatchObject({
      verdict: "fail",
      measured: 0.9,
      bound: "at least 95 %",
      says: "lowest share of operations of a load that succeeded: 90 %",
    });
    for (const metric of ["load.p50", "load.p95", "load.p99"]) {
      expect(hold({ metric, atMost: 42 }, lines)?.verdict).toBe("pass");
      expect(hold({ metric, atMost: 38 }, lines)?.verdict).toBe("fail");
    }
  });

  it("measure all of a load with nothing beside it", () => {
    const lines = loadLines({ seconds: seconds(5, calm) });
    expect(hold({ metric: "load.availability", atLeast: 1 }, lines)?.verdict).toBe("pass");
    expect(hold({ metric: "load.p95", atMost: 6 }, lines)?.verdict).toBe("pass");
  });

  it("take the worst of several loads", () => {
    const other = loadLines({
      actor: "load:mqtt.session-resume",
      seconds: seconds(15, { resume: countOfOperation(4, 6, 90) }),
    });
    const lines = [...loadLines(told), ...attack, ...other];
    expect(hold({ metric: "load.availability", atLeast: 0.1 }, lines)?.measured).toBe(0.4);
    expect(hold({ metric: "load.p50", atMost: 80 }, lines)?.verdict).toBe("fail");
  });

  it("are inconclusive where the generator was the bottleneck", () => {
    const generator = { ...keptUp, healthy: false, because: "The generator dropped 400 iterations." };
    expect(hold({ metric: "load.p95", atMost: 1 }, loadLines({ ...told, generator }))).toMatchObject({
      verdict: "inconclusive",
      says: "the numbers need not be the target's: the generator dropped 400 iterations",
    });
  });

  it("are not tested where a load was skipped", () => {
    const detail = { because: "k6 was not found", bring: "npm run setup:k6" };
    const skipped: Timed = {
      actor: "load:mqtt.connect-storm",
      action: "load.skipped",
      phase: "noted",
      detail,
      atMs: 1,
    };
    expect(hold({ metric: "load.p95", atMost: 1 }, [skipped, ...loadLines(told)])).toMatchObject({
      verdict: "not-tested",
      says: "mqtt.connect-storm was skipped: k6 was not found; run: npm run setup:k6",
    });
  });
});
