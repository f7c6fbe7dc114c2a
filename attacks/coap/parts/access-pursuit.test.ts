import { describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import { codeOf } from "#simulator/coap/code.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import { benchOf } from "#testing/bench.ts";
import { pursued } from "#testing/pursued.ts";
import { threeBeats } from "#testing/three-beats.ts";
import type { Asker } from "./access-asker.ts";
import { judgePursuits } from "./access-judging.ts";
import { pursue, pursuitsOf } from "./access-pursuit.ts";
import { gave, gaveContent, saysNo, wasTaken } from "./access-reply.ts";

const reply = (code: string, payload = ""): CoapReply => ({
  code: codeOf(code),
  options: [],
  payload: Buffer.from(payload),
  peer: { host: "127.0.0.1", port: 5683 },
});

/** Somebody who is answered with these one after the other; an Error is thrown. */
function askerOf(answers: readonly (CoapReply | Error)[], isUnheard = false) {
  const rest = [...answers];
  let asked = 0;
  const asker: Asker = {
    who: "stranger",
    reference: { file: "evidence/test.pcapng", stream: 0 },
    isUnheard,
    ask: async () => {
      asked += 1;
      const next = rest.shift() ?? new Error("no response in time");
      if (next instanceof Error) throw next;
      return next;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return { asker, asked: () => asked };
}

const goal = { goal: "read", how: "GET", path: "config" };

async function pursuitOf(answers: readonly (CoapReply | Error)[], how: { isUnheard?: boolean; isOnce?: boolean } = {}) {
  const history: Observation[] = [];
  const bench = benchOf(history);
  const { asker, asked } = askerOf(answers, how.isUnheard);
  await pursue(bench, asker, goal, { code: 1, path: "config" }, { withinMs: 100, reached: wasTaken, ...how });
  return { phase: history.at(-1)?.phase, seen: pursuitsOf(history)[0], asked: asked(), tookMs: bench.clock.nowMs() };
}

describe("a pursuit", () => {
  it("is ok where the goal was reached", async () => {
    expect(await pursuitOf([reply("2.05", "secret")])).toMatchObject({
      phase: "ok",
      seen: { ...goal, who: "stranger", answer: "2.05", reached: true },
    });
  });

  it("is refused where the server said no, by a code or by RST", async () => {
    expect(await pursuitOf([reply("4.01")])).toMatchObject({
      phase: "refused",
      seen: { answer: "4.01", reached: false },
    });
    const reset = new Refused("RST", "answered with a RST");
    expect(await pursuitOf([reset])).toMatchObject({ phase: "refused", seen: { answer: "RST", reached: false } });
  });

  it("is unknown where nothing was answered, after a second try", async () => {
    const { phase, seen, asked } = await pursuitOf([]);
    expect({ phase, asked }).toEqual({ phase: "unknown", asked: 2 });
    expect(seen).toMatchObject({ answer: "", reached: undefined });
  });

  it("asks once more, a second later, who was told to come less often", async () => {
    expect(await pursuitOf([reply("4.29"), reply("2.05")])).toMatchObject({ phase: "ok", asked: 2, tookMs: 1_000 });
  });

  it.each([{ isOnce: true }, { isUnheard: true }])(
    "asks only once where it is to, or was not heard before: %o",
    async (how) => {
      expect(await pursuitOf([], how)).toMatchObject({ phase: "unknown", asked: 1 });
    },
  );

  it("asks no second time where the first has had its effect in silence", async () => {
    const history: Observation[] = [];
    const { asker, asked } = askerOf([]);
    await pursue(benchOf(history), asker, goal, { code: 1 }, { withinMs: 100, reached: () => true });
    expect(asked()).toBe(1);
    expect(pursuitsOf(history)).toMatchObject([{ answer: "", reached: true }]);
  });

  it("takes neither a limit nor a failure for a no", async () => {
    for (const code of ["4.29", "5.00", "5.03"]) {
      expect(await pursuitOf([reply(code), reply(code)])).toMatchObject({
        phase: "unknown",
        seen: { reached: undefined },
      });
    }
  });
});

describe("what a reply tells", () => {
  it.each(["4.00", "4.01", "4.03", "4.04", "4.05", "5.01", "5.05"])("%s is a no", (code) => {
    expect(saysNo(reply(code))).toBe(true);
  });
  it.each(["2.05", "4.29", "5.00", "5.03", "5.04"])("%s is none", (code) => {
    expect(saysNo(reply(code))).toBe(false);
  });

  it("is whether it holds a text, any text, or a yes", () => {
    const table = [
      [reply("2.05", "a canary"), true, true, true],
      [reply("2.05", "other"), false, true, true],
      [reply("2.04"), false, false, true],
      [reply("4.01", "a canary"), true, false, false],
      [reply("4.01", "no"), false, false, false],
      [reply("5.03"), undefined, undefined, undefined],
      [undefined, undefined, undefined, undefined],
    ] as const;
    for (const [answer, text, any, yes] of table) {
      expect([gave(answer, "canary"), gaveContent(answer), wasTaken(answer)]).toEqual([text, any, yes]);
    }
  });
});

describe("several pursuits together", () => {
  const words = { did: "it came out", held: "tries gave nothing", untried: "nobody knows one" };
  const judged = (inside: Parameters<typeof threeBeats>[1]["attack"]) =>
    judgePursuits(pursuitsOf(threeBeats("coap.x", { attack: inside ?? [] }).history, ["read"]), words);

  it("fail where one was reached, and name it", () => {
    const answer = judged([pursued("read", false), pursued("read", true, { path: "keys" }), pursued("read", null)]);
    expect(answer).toMatchObject({
      verdict: "fail",
      says: "it came out: stranger: GET /keys",
      measure: { total: 3, survived: 1, lost: 1 },
    });
  });

  it("name six at most", () => {
    const many = Array.from({ length: 8 }, (_, n) => pursued("read", true, { path: `p${n}` }));
    expect(judged(many).says).toMatch(/\/p5, and 2 more$/);
  });

  it("are inconclusive where nobody knows what came of one", () => {
    expect(judged([pursued("read", false), pursued("read", null)])).toMatchObject({
      verdict: "inconclusive",
      says: "of 1 of 2 tries nobody knows what came of them: stranger: GET /config",
    });
  });

  it("pass where none was reached, and tell the answers", () => {
    const answer = judged([pursued("read", false), pursued("read", false, { answer: "4.04" })]);
    expect(answer).toMatchObject({ verdict: "pass", says: "2 of 2 tries gave nothing (4.01, 4.04)" });
  });

  it("are not tested where none of that goal was tried", () => {
    expect(judged([pursued("other", true)])).toMatchObject({ verdict: "not-tested", says: "nobody knows one" });
  });
});
