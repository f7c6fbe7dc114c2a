import { array, assert, constant, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { randomOf, VirtualClock } from "#testing/bench.ts";
import { mutateBytes } from "./byte-mutations.ts";
import { Corpus } from "./corpus.ts";
import { fuzzCaseText, readFuzzCase, stepsOf } from "./fuzz-case.ts";
import type { FuzzGround, FuzzProtocol, Step } from "./fuzz-protocol.ts";
import { type FuzzBudget, fuzz, replay } from "./fuzz-run.ts";

/** A protocol of single bytes, each a message. */
const letters: FuzzProtocol = {
  id: "letters",
  seeds: [[Buffer.from("a")], [Buffer.from("b")]],
  generate: (random) => Buffer.from([97 + random.integer(0, 6)]),
  mutate: (_, random) => Buffer.from([97 + random.integer(0, 6)]),
  feature: (answer) => answer.toString(),
  renew: (steps) => steps,
  simpler: (message) => [...message].map((byte) => Buffer.from([byte])),
};

/** A target that falls silent after the messages `deadly` of one endpoint, in order; it comes back unless it `stays` dead. */
class Fragile implements FuzzGround {
  readonly endpoints = 4;
  readonly clock = new VirtualClock();
  readonly #deadly: string;
  readonly #stays: boolean;
  #heard = new Map<number, string>();
  isDead = false;
  sent = 0;

  constructor(deadly: string, stays = false) {
    this.#deadly = deadly;
    this.#stays = stays;
  }

  async send(steps: readonly Step[]) {
    const answers = Array.from({ length: this.endpoints }, (): Buffer[] => []);
    for (const { from, bytes } of steps) {
      this.sent++;
      const at = from % this.endpoints;
      const heard = (this.#heard.get(at) ?? "") + bytes.toString();
      this.#heard.set(at, heard);
      if (this.#deadly !== "" && heard.endsWith(this.#deadly)) this.isDead = true;
      // How far it got shows in the answer, as a state machine's does.
      const got = this.#deadly.split("").findLast((_, length) => heard.endsWith(this.#deadly.slice(0, length))) ?? "";
      if (!this.isDead) answers[at]?.push(Buffer.from(got));
    }
    await this.clock.sleep(1);
    return { answers, life: this.isDead ? ("none" as const) : ("at once" as const) };
  }

  async recovers(): Promise<boolean> {
    if (!this.isDead) return true;
    if (this.#stays) return false;
    await this.clock.sleep(10);
    this.isDead = false;
    this.#heard = new Map();
    return true;
  }
}

const budget: FuzzBudget = {
  cases: 5_000,
  tryUntilMs: 60_000,
  untilMs: 60_000,
  mostLength: 5,
  batch: 4,
  mostFindings: 1,
  minimiseTrials: 200,
  replays: 5,
  recoversWithinMs: 1_000,
};

function run(ground: Fragile, changes: Partial<FuzzBudget> = {}, seed = 1) {
  const signal = new AbortController().signal;
  return fuzz({ random: randomOf(seed), clock: ground.clock, signal }, letters, ground, { ...budget, ...changes });
}

describe("a fuzzing run", () => {
  it("finds a sequence of three that silences the target, and makes it as short as it can be", async () => {
    const { findings } = await run(new Fragile("cab"));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.steps.map(({ bytes }) => bytes.toString()).join("")).toBe("cab");
    expect(findings[0]?.replays).toEqual({ sent: 5, silent: 5 });
  });

  it("reports nothing on a target that stays alive, and tries as many cases as it was told", async () => {
    const account = await run(new Fragile(""), { cases: 300 });
    expect(account.findings).toEqual([]);
    expect(account.cases).toBe(300);
  });

  it("keeps the whole batch where the target never comes back, since nothing can be tried again", async () => {
    const { findings } = await run(new Fragile("c", true));
    expect(findings[0]).toMatchObject({ cameBack: false, trials: 0, replays: { sent: 0, silent: 0 } });
    expect(findings[0]?.steps.some(({ bytes }) => bytes.toString() === "c")).toBe(true);
  });

  it("never goes past its time, in the middle of a search neither", async () => {
    const ground = new Fragile("cab");
    const { tookMs } = await run(ground, { untilMs: 200, minimiseTrials: 10_000 });
    expect(tookMs).toBeLessThanOrEqual(200 + 11);
  });

  it("sends the same cases with the same seed", async () => {
    const [one, other] = [new Fragile("cab"), new Fragile("cab")];
    expect(await run(one, {}, 7)).toEqual(await run(other, {}, 7));
    expect(one.sent).toBe(other.sent);
  });
});

/** A ground that answers late so many times, and at once from then on. */
function late(times: number): FuzzGround {
  let left = times;
  return {
    endpoints: 1,
    recovers: async () => true,
    send: async () => ({ answers: [[]], life: left-- > 0 ? "late" : "at once" }),
  };
}

it("takes a target that answers late for silent only where the same messages bring it about again", async () => {
  const bench = { random: randomOf(1), clock: new VirtualClock(), signal: new AbortController().signal };
  const once = await fuzz(bench, letters, late(1), { ...budget, cases: 10 });
  expect(once).toMatchObject({ findings: [], late: 1 });
  const always = await fuzz(bench, letters, late(1_000), { ...budget, cases: 10 });
  expect(always.findings).toMatchObject([{ isRepeatable: true }]);
});

it("replays a case and counts how often it silenced a target that lived before", async () => {
  const ground = new Fragile("ab");
  const steps = ["a", "b"].map((text) => ({ from: 0, bytes: Buffer.from(text) }));
  const always = { times: 3, recoversWithinMs: 100, isOver: () => false };
  expect(await replay(ground, steps, always)).toEqual({ sent: 3, silent: 3, cameBack: true });
  expect(await replay(ground, steps.slice(1), always)).toEqual({ sent: 3, silent: 0, cameBack: true });
});

describe("a corpus", () => {
  it("begins with the seeds as they are and every two of them, and keeps what answers something new", () => {
    const corpus = new Corpus(letters, randomOf(1), 3);
    expect([corpus.next(), corpus.next()]).toEqual(letters.seeds);
    const pairs = Array.from({ length: 4 }, () => corpus.next().join(""));
    expect(pairs).toEqual(["aa", "ab", "ba", "bb"]);
    expect(corpus.learn([Buffer.from("x")], [Buffer.from("new")])).toBe(true);
    expect(corpus.learn([Buffer.from("y")], [Buffer.from("new")])).toBe(false);
    expect(corpus.size).toBe(3);
  });

  it("never makes a sequence longer than it may be", () => {
    assert(
      property(integer(), integer({ min: 1, max: 6 }), (seed, most) => {
        const corpus = new Corpus(letters, randomOf(seed), most);
        for (let round = 0; round < 50; round++) {
          const next = corpus.next();
          expect(next.length).toBeLessThanOrEqual(most);
          corpus.learn(next, [Buffer.from(`${round}`)]);
        }
      }),
    );
  });
});

it("changes bytes without ever making a datagram longer than an Ethernet frame carries", () => {
  assert(
    property(uint8Array({ maxLength: 1_400 }), integer(), (bytes, seed) => {
      expect(mutateBytes(Buffer.from(bytes), randomOf(seed)).length).toBeLessThanOrEqual(1_400);
    }),
  );
});

describe("the file of a case", () => {
  it("reads back as it was written", () => {
    const bytes = uint8Array({ maxLength: 20 });
    assert(
      property(array(bytes, { minLength: 1, maxLength: 5 }), constant(0), (messages, from) => {
        const steps = messages.map((message) => ({ from, bytes: Buffer.from(message) }));
        const found = { run: "r", target: "t", case: 3 };
        const minimised = { fromMessages: 9, trials: 4, replays: 5, silent: 5 };
        const text = fuzzCaseText({ protocol: "letters", found, minimised, steps });
        expect(stepsOf(readFuzzCase(text))).toEqual(steps);
      }),
    );
  });

  it("says what is wrong in a file that is none", () => {
    expect(() => readFuzzCase('{"fuzzCase": 2}')).toThrow(/version/);
  });
});
