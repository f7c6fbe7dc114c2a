import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { numberOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { coapGrammar } from "#simulator/coap/fuzz-grammar.ts";
import { dtlsGrammar } from "#simulator/dtls/fuzz-grammar.ts";
import { stepsOf, stepsShape } from "#simulator/fuzz/fuzz-case.ts";
import { coapLife, testablePaths } from "./parts/coap-life.ts";
import { dtlsLife, secureListener } from "./parts/dtls-life.ts";
import { replayOnWire, seemsAlive } from "./parts/fuzz-campaign.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.replay";

/** An empty CON: every server survives it, so what is sent is what the user gave. */
const ping = [{ from: 0, bytes: "40001234" }];

/** GET of `time` with Observe 0, with Observe 1, and then its block 1: what the planted fault does not survive. */
const endedObservation = [
  { from: 0, bytes: "41010001f5605474696d65" },
  { from: 0, bytes: "41010002f561015474696d65" },
  { from: 0, bytes: "41010003f5b474696d65c110" },
];

export const coapReplay = defineAttack({
  id,
  title: "Send a kept sequence of datagrams again",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `The steps of a fuzz case are sent in order, each from its endpoint, with new message ids; then an endpoint that
sends nothing else asks a question. That is done several times; where the target has fallen silent it is waited for (and
started again, where seatrial runs it). \`seatrial replay <file>\` plans it from a file that a fuzzing attack kept; in a
scenario the steps can stand as a regression test.
survives-a-replay fails where one replay silenced the target.`,
  references: {
    cwe: ["CWE-20", "CWE-248"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC7252-3"],
    cases: ["CO-FUZ-01"],
  },
  parameters: z.strictObject({
    protocol: z
      .enum(["coap", "dtls"])
      .default("coap")
      .describe("what the bytes are: CoAP for the plain listener, or records for the DTLS listener"),
    steps: stepsShape.default(ping).describe("what is sent: {from: number of the endpoint, bytes: hex}"),
    times: count({ atLeast: 1, atMost: 1_000 }).default(10).describe("how often"),
    silentAfter: duration({ atLeast: "60ms", atMost: "10s" })
      .prefault("900ms")
      .describe("without an answer for so long, in three tries, the target counts as silent"),
    comesBackWithin: duration({ atLeast: "100ms", atMost: "60s" }).prefault("5s").describe("how long it is waited for"),
  }),
  needs: [],
  onRequest: true,
  strains: true,
  atMostMs: ({ times, silentAfter, comesBackWithin }) => 10_000 + times * (silentAfter + 2 * comesBackWithin),

  async control(bench, ground) {
    await expectServed(bench, ground, "before the first odd message");
    await seemsAlive(bench, ground.at, coapLife(bench, ground));
  },

  async launch(bench, ground, { protocol, steps, times, silentAfter, comesBackWithin }) {
    const { at, grammar, life } = partyOf(bench, ground, protocol);
    const pace = { times, silentAfter, comesBackWithin, perSecond: at.maxRatePerSecond };
    const { wire, ...replays } = await replayOnWire(bench, { ...ground, at }, grammar, life, stepsOf({ steps }), pace);
    bench.observe.note("fuzz.replay", { messages: steps.length, ...replays }, wire);
  },

  async recovery(bench, ground) {
    // What is served may have been changed by what was sent; that anything is answered is what counts.
    await seemsAlive(bench, ground.at, coapLife(bench, ground));
  },

  checks: [
    {
      id: "survives-a-replay",
      asks: "Does the server survive the sequence that once silenced it?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Find the message that the server does not survive, and reject it where it is parsed. Then send it again.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReplay),
    },
  ],
  twins: [
    {
      kills: "survives-a-replay",
      loosen: { where: "coap-server", knob: "plantedFault", value: "crash" },
      parameters: { times: 2, steps: endedObservation },
    },
  ],
});

/** Where the bytes go, what they are, and how life is told there. */
function partyOf(bench: Bench, ground: Ground, protocol: "coap" | "dtls") {
  if (protocol === "coap") {
    return { at: ground.at, grammar: coapGrammar(testablePaths(ground)), life: coapLife(bench, ground) };
  }
  return { at: secureListener(ground), grammar: dtlsGrammar(bench.random), life: dtlsLife(bench) };
}

function judgeReplay({ during: { attack } }: Launch): Answer {
  const [replayed] = notesOf(attack, "fuzz.replay");
  const sent = numberOf(replayed?.detail, "sent") ?? 0;
  const silent = numberOf(replayed?.detail, "silent") ?? 0;
  if (replayed === undefined || sent === 0) return { verdict: "inconclusive", says: "nothing was sent", evidence: [] };
  const trials = { planned: sent, run: sent, passed: sent - silent };
  const says = `${silent} of ${sent} replays silenced the server`;
  return { verdict: silent > 0 ? "fail" : "pass", says, evidence: [replayed.seq], trials };
}
