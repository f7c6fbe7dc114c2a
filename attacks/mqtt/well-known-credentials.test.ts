import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { recordOf } from "#testing/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import pairs from "./well-known-credentials.json" with { type: "json" };
import { wellKnownCredentials } from "./well-known-credentials.ts";

const planned = 3;
type Phase = "ok" | "refused" | "unknown";
type Ended = NonNullable<Parameters<typeof threeBeats>[1]["ended"]>;
const logIn = (pair: number | string, phase: Phase, code = "CONNACK 5"): Inside => ({
  action: "log-in",
  phase,
  detail: { pair, username: `user${pair}`, planned },
  ...(phase === "refused" && { code }),
});
const control = [logIn("random", "refused"), logIn("legitimate", "ok")];

function record(tries: readonly Phase[], ended: Ended = {}, lastCode = "CONNACK 5") {
  const attack = tries.map((phase, n) => logIn(n + 1, phase, n === tries.length - 1 ? lastCode : "CONNACK 5"));
  return threeBeats(wellKnownCredentials.id, { control, attack, ended });
}

const judge = (given: RunRecord) => wellKnownCredentials.checks[0]?.judge(given);

describe("factory-logins-are-refused", () => {
  it("passes where every pair got the refusal of a random one", () => {
    const answer = judge(record(["refused", "refused", "refused"]));
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 3, run: 3, passed: 3 } });
  });

  it("fails where one was admitted, and names the user but no password", () => {
    const answer = judge(record(["refused", "ok"]));
    expect(answer).toMatchObject({ verdict: "fail", says: '"user2" was admitted with a well-known password (•••••)' });
    expect(answer?.evidence).toHaveLength(1);
  });

  it("is undecided where the broker fell silent half-way through", () => {
    expect(judge(record(["refused", "unknown", "unknown"]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the broker began to close instead of answering", () => {
    expect(judge(record(["refused", "refused", "refused"], {}, "closed"))?.verdict).toBe("inconclusive");
  });

  it("is undecided where not every planned pair was tried", () => {
    expect(judge(record(["refused", "refused"]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where no pair was tried", () => {
    expect(judge(record([]))?.verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed, for example as any secret is admitted", () => {
    expect(judge(record(["ok"], { control: "unknown", attack: "absent", recovery: "absent" }))?.verdict).toBe(
      "inconclusive",
    );
  });

  it("is not tested where nobody attacked", () => {
    expect(judge(recordOf([]))?.verdict).toBe("not-tested");
  });
});

describe("the list", () => {
  it("holds at most 40 pairs, none twice", () => {
    expect(pairs.length).toBeLessThanOrEqual(40);
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(pairs.length);
  });

  it("tries no account more than four times, so that no usual lockout bites", () => {
    const perUser = Map.groupBy(pairs, ([username]) => username);
    expect(Math.max(...[...perUser.values()].map(({ length }) => length))).toBeLessThanOrEqual(4);
  });
});
