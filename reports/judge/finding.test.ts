import { describe, expect, it } from "vitest";
import { anyOutage } from "#contract/check.ts";
import { historyOf, recordOf } from "#testing/record.ts";
import { checkOf } from "#testing/sample-run.ts";
import { findingOf } from "./finding.ts";

const actor = "attack:mqtt.topic-snoop";
const history = historyOf([
  { actor, action: "launch", phase: "attempt", detail: { layer: "application" } },
  { actor, action: "launch", phase: "ok", attempt: 0, wire: { file: "evidence/x.pcapng", stream: 3 } },
]);
const pass = { verdict: "pass", says: "nothing was delivered" } as const;

describe("findingOf", () => {
  it("makes a check that throws an error, with what it threw", () => {
    const check = {
      ...checkOf("x", "P1.1/closed-by-default", pass),
      judge: () => {
        throw new Error("no such note");
      },
    };
    expect(findingOf(check, recordOf(history))).toMatchObject({
      verdict: "error",
      says: "the check itself broke: no such note",
    });
  });

  it("makes a check that cites a line beyond the history an error", () => {
    const check = checkOf("x", "P1.1/closed-by-default", { ...pass, evidence: [0, 7] });
    expect(findingOf(check, recordOf(history))).toMatchObject({ verdict: "error", evidence: [0] });
  });

  it.each(["running", "aborted", "failed"] as const)("lets no pass stand in a run that is %s", (state) => {
    const check = checkOf("x", "P1.1/closed-by-default", pass);
    expect(findingOf(check, recordOf(history, { state })).verdict).toBe("inconclusive");
  });

  it("lets a failure stand in a run that did not complete", () => {
    const check = checkOf("x", "P1.1/closed-by-default", { verdict: "fail", says: "delivered" });
    expect(findingOf(check, recordOf(history, { state: "aborted" })).verdict).toBe("fail");
  });

  it("shows the cited lines, and how cited attempts ended", () => {
    const { excerpts } = findingOf(
      checkOf("x", "P1.1/closed-by-default", { ...pass, evidence: [0] }),
      recordOf(history),
    );
    expect(excerpts.map(({ seq, phase, text, wire }) => ({ seq, phase, text, wire }))).toEqual([
      { seq: 0, phase: "attempt", text: '{"layer":"application"}', wire: undefined },
      { seq: 1, phase: "ok", text: "", wire: { file: "evidence/x.pcapng", stream: 3 } },
    ]);
  });

  it("shows at most a dozen lines, each cut to a few hundred characters, without half a character", () => {
    const long = historyOf(
      Array.from(
        { length: 30 },
        () =>
          ({
            actor,
            action: "seen",
            phase: "noted",
            detail: { text: `${"x".repeat(229)}${"😀".repeat(200)}` },
          }) as const,
      ),
    );
    const evidence = long.map(({ seq }) => seq);
    const { excerpts } = findingOf(checkOf("x", "P1.1/closed-by-default", { ...pass, evidence }), recordOf(long));
    expect(excerpts).toHaveLength(12);
    for (const { text } of excerpts) {
      expect(text.length).toBeLessThanOrEqual(241);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it.each([
    ["seatrial run smoke --seed 1", "seatrial run smoke --seed 1 --only mqtt.topic-snoop"],
    ["seatrial run smoke --only mqtt.connect-flood --seed 1", "seatrial run smoke --seed 1 --only mqtt.topic-snoop"],
    ["seatrial run smoke --only=mqtt.connect-flood", "seatrial run smoke --only mqtt.topic-snoop"],
  ])("narrows the command %s to what the check needs", (command, expected) => {
    const check = checkOf("x", "P1.1/closed-by-default", pass, actor);
    expect(findingOf(check, recordOf(history, { command, stages: planned("mqtt.topic-snoop") })).command).toBe(
      expected,
    );
  });

  it("names all that the check needs and the run did, and nothing that was not in the plan", () => {
    const check = { ...checkOf("x", "P1.1/closed-by-default", pass), needs: ["mqtt.a", "mqtt.b", "mqtt.c"] };
    const stages = planned("mqtt.a", "mqtt.c");
    expect(findingOf(check, recordOf(history, { stages })).command).toMatch(/ --only mqtt\.a,mqtt\.c$/);
  });

  it("keeps all that a stage did beside a load, because that is what the load was judged under", () => {
    const beside = { attacks: [unit("mqtt.a")], disruptions: [unit("disk-full")], loads: [unit("mqtt.load")] };
    const stages = [...planned("mqtt.b"), { name: "under load", ...beside }];
    const check = { ...checkOf("x", "P1.1/closed-by-default", pass), needs: ["mqtt.load", "mqtt.other"] };
    expect(findingOf(check, recordOf(history, { stages })).command).toMatch(/ --only mqtt\.load,mqtt\.a,disk-full$/);
  });

  it("names the check where any outage will do, and nothing where the check needs nothing", () => {
    const check = checkOf("fleet-returns", "P1.1/closed-by-default", pass);
    const command = (needs: readonly string[]) => findingOf({ ...check, needs }, recordOf(history)).command;
    expect(command([anyOutage])).toMatch(/ --only fleet-returns$/);
    expect(command([])).not.toContain("--only");
  });
});

const unit = (id: string) => ({ id, parameters: {} });
const planned = (...ids: readonly string[]) => [{ name: "all", attacks: ids.map(unit), disruptions: [] }];
