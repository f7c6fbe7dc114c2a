import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { threeBeats } from "#testing/three-beats.ts";
import { dtlsRecords } from "./dtls-records.ts";

const harmless = { first: true, answers: 0, alive: true };

function judge(id: string, records: readonly JsonObject[], recovery: "ok" | "unknown" = "ok") {
  const check = dtlsRecords.checks.find((one) => one.id === id);
  const attack = records.map((detail) => ({ action: "record", phase: "noted" as const, detail }));
  return check?.judge(threeBeats(dtlsRecords.id, { attack, ended: { recovery } }));
}

describe.each([
  ["replayed-records-are-dropped", ["repeated", "changed"]],
  ["records-in-clear-change-nothing", ["request in clear", "fatal alert in clear", "close_notify in clear"]],
] as const)("%s", (id, hows) => {
  const all = hows.map((how) => ({ how, ...harmless }));
  const but = (n: number, facts: JsonObject) => all.map((one, at) => (at === n ? { ...one, ...facts } : one));

  it("passes where none was answered and every session went on", () => {
    expect(judge(id, all)).toMatchObject({ verdict: "pass", trials: { passed: hows.length } });
  });

  it.each(hows.map((how, n) => [how, n] as const))("fails where an answer came to one that was %s", (how, n) => {
    expect(judge(id, but(n, { answers: 1 }))).toMatchObject({ verdict: "fail", says: expect.stringContaining(how) });
  });

  it.each(hows.map((how, n) => [how, n] as const))(
    "fails where the session was dead after one that was %s",
    (how, n) => {
      expect(judge(id, but(n, { alive: false }))).toMatchObject({
        verdict: "fail",
        says: expect.stringContaining(how),
      });
    },
  );

  it("is undecided where everything was dead in the end", () => {
    expect(judge(id, but(0, { alive: false }), "unknown")?.verdict).toBe("inconclusive");
  });

  it("is undecided where the session was never answered in, or not all were sent", () => {
    expect(judge(id, but(0, { first: false, alive: false }))?.verdict).toBe("inconclusive");
    expect(judge(id, all.slice(1))?.verdict).toBe("inconclusive");
  });
});
