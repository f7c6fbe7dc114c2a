import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import vectors from "./malformed-packets.json" with { type: "json" };
import { malformedPackets } from "./malformed-packets.ts";

const id = "mqtt.malformed-packets";
const survived = checkOf("malformed-packets-are-survived");
const strict = checkOf("malformed-packets-end-the-connection");

function checkOf(name: string) {
  const check = malformedPackets.checks.find((one) => one.id === name);
  if (!check) throw new Error(`${name} is not a check of ${id}`);
  return check;
}

const sent = (name: string, expect_: string, phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "vector",
  phase,
  detail: { id: name, what: "a flaw", clause: "MQTT-0.0.0-0", expect: expect_, level: 4 },
});
const planned = (...names: readonly string[]): Inside => ({
  action: "vectors",
  phase: "noted",
  detail: { planned: names, leftOut: 0 },
});
const bystander = (phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "bystander",
  phase,
  detail: { after: "MQ-PAR-062" },
});
const newcomer = (phase: "ok" | "unknown"): Inside => ({ action: "newcomer", phase, detail: { after: "MQ-PAR-062" } });
const plan = planned("A", "B", "V");
const launched = (...attack: readonly Inside[]): RunRecord => threeBeats(id, { attack });

describe("malformed-packets-end-the-connection", () => {
  it("passes when every malformed packet was refused and a valid one was not", () => {
    const answer = strict.judge(
      launched(plan, sent("A", "close", "refused"), sent("B", "reject", "refused"), sent("V", "accept", "ok")),
    );
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 3, run: 3, passed: 2 } });
  });

  it("fails when one was let through, and names it with its clause", () => {
    const answer = strict.judge(
      launched(plan, sent("A", "close", "refused"), sent("B", "reject", "ok"), sent("V", "accept", "ok")),
    );
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("B, a flaw (MQTT-0.0.0-0)");
  });

  it("does not pass a broker that closes on valid packets, too", () => {
    const record = launched(
      plan,
      sent("A", "close", "refused"),
      sent("B", "close", "refused"),
      sent("V", "accept", "refused"),
    );
    expect(strict.judge(record).verdict).toBe("inconclusive");
  });

  it("does not hold it against a broker that it denies a topic that it may deny", () => {
    const record = launched(
      planned("A", "V", "D"),
      sent("A", "close", "refused"),
      sent("V", "accept", "ok"),
      sent("D", "accept-or-deny", "refused"),
    );
    expect(strict.judge(record).verdict).toBe("pass");
  });

  it("does not decide when a packet could not be sent", () => {
    const record = launched(
      plan,
      sent("A", "close", "refused"),
      sent("B", "close", "unknown"),
      sent("V", "accept", "ok"),
    );
    expect(strict.judge(record).verdict).toBe("inconclusive");
  });

  it("does not decide when the launch stopped halfway", () => {
    expect(strict.judge(launched(plan, sent("A", "close", "refused"))).verdict).toBe("inconclusive");
  });
});

describe("malformed-packets-are-survived", () => {
  it("passes when an innocent session outlived them all", () => {
    expect(survived.judge(launched(plan, sent("A", "close", "ok"), bystander("ok"))).verdict).toBe("pass");
  });

  it("fails when an innocent session was ended, and names the packet before", () => {
    const answer = survived.judge(launched(plan, sent("A", "close", "refused"), bystander("refused"), newcomer("ok")));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("after MQ-PAR-062");
  });

  it("fails when neither the innocent session nor a fresh client is answered any more", () => {
    expect(survived.judge(launched(plan, bystander("unknown"), newcomer("unknown"))).verdict).toBe("fail");
  });

  it("does not decide on one late PINGRESP while fresh clients are served", () => {
    expect(survived.judge(launched(plan, bystander("unknown"), newcomer("ok"))).verdict).toBe("inconclusive");
  });

  it("brings what the target said about its end", () => {
    const exited: Inside = { action: "exited", phase: "noted", actor: "target:fake" };
    const record = launched(plan, sent("A", "close", "refused"), exited, bystander("refused"), newcomer("unknown"));
    const { verdict, evidence } = survived.judge(record);
    expect(verdict).toBe("fail");
    expect(evidence.map((seq) => record.history[seq]?.action)).toContain("exited");
  });

  it("does not decide when packets could not be sent", () => {
    expect(survived.judge(launched(plan, sent("A", "close", "unknown"), bystander("ok"))).verdict).toBe("inconclusive");
  });
});

describe.each([survived, strict])("$id", (check) => {
  it("does not apply where all packets are of a version that the broker does not speak", () => {
    const none: Inside = { action: "vectors", phase: "noted", detail: { planned: [], leftOut: 23 } };
    expect(check.judge(launched(none)).verdict).toBe("not-applicable");
  });

  it("is not tested where nothing malformed was sent", () => {
    expect(check.judge(threeBeats("mqtt.other", {})).verdict).toBe("not-tested");
  });

  it("does not decide where the control failed", () => {
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(id, { ended })).verdict).toBe("inconclusive");
  });
});

describe("the vectors", () => {
  it("are thirty by default, all of MQTT 3.1.1, three of them valid", () => {
    const chosen = vectors.filter((vector) => vector.chosen);
    expect(chosen).toHaveLength(30);
    expect(chosen.every(({ level }) => level === 4)).toBe(true);
    expect(chosen.filter(({ expect: expected }) => expected.startsWith("accept"))).toHaveLength(3);
  });

  it("have one id each", () => {
    expect(new Set(vectors.map((vector) => vector.id)).size).toBe(vectors.length);
  });

  it.each([["thirty"], ["all"], [["MQ-PAR-016"]]])("can be asked for as %j", (asked) => {
    expect(malformedPackets.parameters.safeParse({ vectors: asked }).success).toBe(true);
  });

  it.each([[["MQ-PAR-999"]], [[]], ["some"]])("cannot be asked for as %j", (asked) => {
    expect(malformedPackets.parameters.safeParse({ vectors: asked }).success).toBe(false);
  });
});
