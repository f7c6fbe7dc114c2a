import { describe, expect, it } from "vitest";
import type { LoadSecond } from "#contract/load.ts";
import {
  attackLines,
  disruptionLines,
  keptUp,
  type LoadTold,
  linked,
  loadLines,
  published,
} from "#testing/load-lines.ts";
import { historyOf, type Line, recordOf } from "#testing/record.ts";
import { honestLoadIsServed } from "./honest-load-is-served.ts";

type Operations = LoadSecond["operations"];
type Timed = Line & { readonly atMs: number };

const seconds = (count: number, of: Operations): readonly Operations[] => Array.from({ length: count }, () => of);
const well = published(100);
const harmed = published(60, 40);
const silent: Operations = {};
/** From 5 s to 15 s; a load from 0 to 20 s has five seconds before, ten during and five after. */
const attack = attackLines("attack:mqtt.malformed-packets", 5_000, 15_000);

const restart = (severs: boolean) =>
  disruptionLines("disruption:broker-restart", 5_000, 8_000, { severs, watchedMs: 12_000 });

function judge(told: LoadTold, beside: readonly Timed[] = attack) {
  return honestLoadIsServed.judge(recordOf(historyOf(linked([...loadLines(told), ...beside]))));
}

describe("honest-load-is-served", () => {
  it("passes a target whose honest clients notice nothing", () => {
    const answer = judge({ seconds: seconds(20, well) });
    expect(answer).toMatchObject({
      verdict: "pass",
      trials: { planned: 15, run: 15, passed: 15 },
      measure: { kind: "rate", planned: 15, passed: 15, failed: 0, required: 0.9 },
    });
    expect(answer.says).toBe("honest clients were served in 15 of 15 seconds under load");
  });

  it("fails a target whose honest clients fail while it is attacked, and says when it was worst", () => {
    const during = [...seconds(9, harmed), published(1, 9)];
    const answer = judge({ seconds: [...seconds(5, well), ...during, ...seconds(5, well)] });
    expect(answer).toMatchObject({ verdict: "fail", measure: { planned: 10, passed: 0, failed: 10 } });
    expect(answer.says).toContain("0 of 10 seconds while something was done beside the load");
    expect(answer.says).toContain("at worst 1 of 10 operations of mqtt.publish-fan-in succeeded, at 14 s");
  });

  it("fails a target that does not come back after the attack", () => {
    const answer = judge({ seconds: [...seconds(15, well), ...seconds(5, harmed)] });
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("0 of 5 seconds after what was done beside the load");
  });

  it("lets a long calm after a short attack make up for nothing", () => {
    const short = attackLines("attack:mqtt.malformed-packets", 5_000, 6_900);
    const told = { seconds: [...seconds(5, well), well, harmed, ...seconds(40, well)] };
    expect(judge(told, short)).toMatchObject({ verdict: "fail", measure: { planned: 2, failed: 1 } });
  });

  it("judges each load by itself", () => {
    const other = loadLines({ actor: "load:mqtt.connect-storm", seconds: seconds(20, well) });
    const harmedBriefly = [...seconds(5, well), ...seconds(2, harmed), ...seconds(13, well)];
    expect(judge({ seconds: harmedBriefly }, [...attack, ...other])).toMatchObject({
      verdict: "fail",
      measure: { planned: 10, failed: 2 },
    });
  });

  it("takes a second for served while 95 of 100 operations succeed", () => {
    expect(judge({ seconds: [...seconds(5, well), ...seconds(15, published(95, 5))] }).verdict).toBe("pass");
    expect(judge({ seconds: [...seconds(5, well), ...seconds(15, published(94, 6))] }).verdict).toBe("fail");
  });

  it("forgives one second of ten, and says so", () => {
    const answer = judge({ seconds: [...seconds(14, well), harmed, ...seconds(5, well)] });
    expect(answer).toMatchObject({ verdict: "pass", measure: { passed: 14, failed: 1 } });
    expect(answer.says).toContain("14 of 15");
  });

  it("leaves silence open: it neither passes nor fails", () => {
    const answer = judge({ seconds: [...seconds(5, well), ...seconds(10, silent), ...seconds(5, well)] });
    expect(answer).toMatchObject({ verdict: "inconclusive", trials: { planned: 10, run: 0, passed: 0 } });
    expect(answer.says).toContain("in 10 no operation ended");
  });

  it("does not let a target pass that falls silent and stays so", () => {
    expect(judge({ seconds: [...seconds(6, well), harmed, ...seconds(13, silent)] }).verdict).toBe("inconclusive");
  });

  it("takes no notice of the moments in which the generator starts and ends", () => {
    const answer = judge({ seconds: [...seconds(3, silent), ...seconds(15, well), ...seconds(2, silent)] });
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 13, passed: 13 } });
  });

  it("blames nobody for clients that were not served before", () => {
    const answer = judge({ seconds: seconds(20, harmed) });
    expect(answer).toMatchObject({ verdict: "inconclusive" });
    expect(answer.says).toContain("only 300 of 500 operations succeeded before");
  });

  it("is inconclusive where the load was not seen at work before the attack", () => {
    expect(judge({ fromMs: 6_000, seconds: seconds(8, well) })).toMatchObject({
      verdict: "inconclusive",
      says: "mqtt.publish-fan-in was not seen at work before anything was done beside it",
    });
    expect(judge({ seconds: seconds(20, silent) }).verdict).toBe("inconclusive");
  });

  it("judges a load alone by all but its first seconds", () => {
    expect(judge({ seconds: seconds(20, well) }, [])).toMatchObject({ verdict: "pass", trials: { planned: 17 } });
    expect(judge({ seconds: [...seconds(3, well), ...seconds(17, harmed)] }, []).verdict).toBe("fail");
    expect(judge({ seconds: [...seconds(3, harmed), ...seconds(17, well)] }, []).verdict).toBe("inconclusive");
  });

  it("does not count what a disruption of ours that severs connections does, until its watch is over", () => {
    const told = { seconds: [...seconds(5, well), ...seconds(7, harmed), ...seconds(8, well)] };
    expect(judge(told, restart(true))).toMatchObject({ verdict: "pass", trials: { planned: 8, passed: 8 } });
    expect(judge(told, restart(false)).verdict).toBe("fail");
    expect(judge({ seconds: seconds(12, well) }, restart(true)).verdict).toBe("not-tested");
  });

  it("is inconclusive where the generator was the bottleneck or was cut", () => {
    const failing = [...seconds(5, well), ...seconds(15, harmed)];
    const generator = { ...keptUp, healthy: false, because: "it used 2 of 2 cores" };
    expect(judge({ seconds: failing, generator })).toMatchObject({
      verdict: "inconclusive",
      says: "mqtt.publish-fan-in: the numbers need not be the target's: it used 2 of 2 cores",
    });
    expect(judge({ seconds: failing, generator: "silent" }).verdict).toBe("inconclusive");
    expect(judge({ seconds: failing, ended: "unknown" }).verdict).toBe("inconclusive");
    expect(judge({ seconds: failing, ended: "never" }).verdict).toBe("inconclusive");
  });

  it("lets a failure under one load stand, whatever another one leaves open", () => {
    const other = loadLines({ actor: "load:mqtt.connect-storm", seconds: seconds(20, well), generator: "silent" });
    expect(judge({ seconds: [...seconds(5, well), ...seconds(15, harmed)] }, [...attack, ...other]).verdict).toBe(
      "fail",
    );
    expect(judge({ seconds: seconds(20, well) }, [...attack, ...other]).verdict).toBe("inconclusive");
  });

  it("is not tested where the load was skipped, and says what brings it", () => {
    const actor = "load:mqtt.publish-fan-in";
    const detail = { because: "k6 was not found", bring: "npm run setup:k6" };
    const skipped: Timed = { actor, action: "load.skipped", phase: "noted", detail, atMs: 100 };
    expect(judge({ seconds: [], generator: "silent" }, [skipped])).toMatchObject({
      verdict: "not-tested",
      says: "the load was skipped: k6 was not found; run: npm run setup:k6",
    });
  });

  it("is not tested by loads of other kinds, nor without any", () => {
    expect(judge({ actor: "load:coap.observe", seconds: seconds(20, harmed) }).verdict).toBe("not-tested");
    expect(honestLoadIsServed.judge(recordOf([])).verdict).toBe("not-tested");
  });

  it("cites lines of the history", () => {
    const { evidence } = judge({ seconds: [...seconds(5, well), ...seconds(15, harmed)] });
    expect(evidence.length).toBeGreaterThan(10);
    expect(evidence.every(Number.isInteger)).toBe(true);
  });
});
