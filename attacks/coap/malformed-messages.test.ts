import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { decode, isMessage } from "#simulator/coap/message.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import vectors from "./malformed-messages.json" with { type: "json" };
import { malformedMessages } from "./malformed-messages.ts";

const id = "coap.malformed-messages";
const survived = checkOf("malformed-messages-are-survived");
const rejected = checkOf("malformed-messages-are-rejected");

function checkOf(name: string) {
  const check = malformedMessages.checks.find((one) => one.id === name);
  if (!check) throw new Error(`${name} is not a check of ${id}`);
  return check;
}

const sent = (name: string, allow: readonly string[], answer: string): Inside => ({
  action: "vector",
  phase: answer === "silent" ? "unknown" : /^(rst|[45])/.test(answer) ? "refused" : "ok",
  detail: { id: name, what: "a flaw", clause: "RFC 7252 §3", allow },
  found: { answer },
});
const planned = (...names: readonly string[]): Inside => ({
  action: "vectors",
  phase: "noted",
  detail: { planned: names },
});
const bystander = (phase: "ok" | "unknown", isSecure = false): Inside => ({
  action: "bystander",
  phase,
  detail: { after: ["A", "B"], isSecure },
});
const newcomer = (phase: "ok" | "unknown"): Inside => ({ action: "newcomer", phase, detail: { after: ["A", "B"] } });
const cut = (action: string): Inside => ({ action, phase: "unknown", detail: {}, found: { isCutShort: true } });
const launched = (...attack: readonly Inside[]): RunRecord => threeBeats(id, { attack });

describe("malformed-messages-are-rejected", () => {
  it("passes when each was answered as its clause allows, by a code, a RST or not at all", () => {
    const answer = rejected.judge(
      launched(
        planned("A", "B", "C", "D"),
        sent("A", ["rst"], "rst"),
        sent("B", ["4.02"], "4.02"),
        sent("C", ["silent"], "silent"),
        sent("D", ["2.05", "4.04"], "2.05"),
        bystander("ok"),
      ),
    );
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 4, run: 4, passed: 4 } });
  });

  it("fails when one was carried out, and names it with its answer and its clause", () => {
    const answer = rejected.judge(launched(planned("A"), sent("A", ["rst"], "2.05"), bystander("ok")));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("1 of them with success: A, a flaw, got 2.05 (RFC 7252 §3)");
  });

  it.each([
    ["a RST where nothing must be answered", ["silent"], "rst"],
    ["a RST where a code must be answered", ["4.02"], "rst"],
    ["another code than must be answered", ["4.05"], "4.04"],
    ["nothing where a RST is due", ["rst"], "silent"],
    ["something that is no message", ["rst"], "junk"],
  ])("fails for %s", (_, allow, answer) => {
    expect(rejected.judge(launched(planned("A"), sent("A", allow, answer), bystander("ok"))).verdict).toBe("fail");
  });

  it("does not take a class of codes for another", () => {
    expect(rejected.judge(launched(planned("A"), sent("A", ["4.xx"], "4.13"), bystander("ok"))).verdict).toBe("pass");
    expect(rejected.judge(launched(planned("A"), sent("A", ["4.xx"], "5.00"), bystander("ok"))).verdict).toBe("fail");
  });

  it("does not hold it against a dead server that it rejects nothing", () => {
    const record = launched(planned("A"), sent("A", ["rst"], "silent"), bystander("unknown"), newcomer("unknown"));
    expect(rejected.judge(record).verdict).toBe("inconclusive");
  });

  it("does not decide when the launch stopped halfway", () => {
    expect(rejected.judge(launched(planned("A", "B"), sent("A", ["rst"], "rst"), bystander("ok"))).verdict).toBe(
      "inconclusive",
    );
  });
});

describe("malformed-messages-are-survived", () => {
  it("passes when the bystander was answered after every batch", () => {
    expect(survived.judge(launched(planned("A"), sent("A", ["rst"], "2.05"), bystander("ok"))).verdict).toBe("pass");
  });

  it("fails when neither the bystander nor a fresh client is answered, and names the batch", () => {
    const answer = survived.judge(launched(planned("A"), bystander("unknown"), newcomer("unknown")));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain('after ["A","B"]');
  });

  it("fails when the bystander's DTLS session is gone while fresh clients are served", () => {
    const record = launched(planned("A"), bystander("unknown", true), newcomer("ok"));
    expect(survived.judge(record).verdict).toBe("fail");
  });

  it("fails when the target itself said that it had ended", () => {
    const exited: Inside = { action: "exited", phase: "noted", actor: "target:fake" };
    const record = launched(planned("A"), exited, bystander("unknown"), newcomer("ok"));
    const { verdict, evidence } = survived.judge(record);
    expect(verdict).toBe("fail");
    expect(evidence.map((seq) => record.history[seq]?.action)).toContain("exited");
  });

  it("does not decide on lost answers without a session while fresh clients are served", () => {
    const record = launched(planned("A"), bystander("unknown"), newcomer("ok"));
    expect(survived.judge(record).verdict).toBe("inconclusive");
  });

  it("does not take for death what the end of the stage cut short", () => {
    const record = launched(planned("A"), sent("A", ["rst"], "rst"), cut("bystander"), cut("newcomer"));
    expect(survived.judge(record).verdict).toBe("inconclusive");
  });

  it("does not decide when not all were sent", () => {
    const record = launched(planned("A", "B"), sent("A", ["rst"], "rst"), bystander("ok"));
    expect(survived.judge(record).verdict).toBe("inconclusive");
  });
});

describe.each([survived, rejected])("$id", (check) => {
  it("is not tested where nothing was sent", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
  });

  it("does not decide where the control failed", () => {
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(id, { ended })).verdict).toBe("inconclusive");
  });
});

describe("the vectors", () => {
  it("have one id each", () => {
    expect(new Set(vectors.map((vector) => vector.id)).size).toBe(vectors.length);
  });

  it("are rules of RFC 7252 by default, and one sequence that has ended servers", () => {
    const base = vectors.filter((vector) => vector.base);
    expect(base).toHaveLength(35);
    expect(base.filter(({ clause }) => !clause.startsWith("RFC 7252")).map((vector) => vector.id)).toEqual([
      "CO-PAR-122",
    ]);
  });

  it("are no messages for our own reader, where their form alone must be rejected", () => {
    const forms = vectors.filter(({ clause, allow }) => /§(3|3\.1|4\.1)$/.test(clause) && !allow.includes("any"));
    expect(forms.length).toBeGreaterThan(20);
    for (const { send } of forms) expect(isMessage(decode(Buffer.from([send].flat().join(""), "hex")))).toBe(false);
  });

  it.each([["base"], ["all"], [["CO-PAR-058"]]])("can be asked for as %j", (asked) => {
    expect(malformedMessages.parameters.safeParse({ vectors: asked }).success).toBe(true);
  });

  it.each([[["CO-PAR-999"]], [[]], ["some"]])("cannot be asked for as %j", (asked) => {
    expect(malformedMessages.parameters.safeParse({ vectors: asked }).success).toBe(false);
  });
});
