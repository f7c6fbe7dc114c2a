import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { numberOf, seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { type Message, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { acknowledgement, type Heard, type Probe } from "#simulator/coap/probe.ts";
import { openRightful } from "./parts/message-rightful.ts";
import { askPlain, expectPlainServed } from "./parts/plain-serving.ts";

const id = "coap.pending-responses";
const answerWithinMs = 2_000;

export const pendingResponses = defineAttack({
  id,
  title: "Ask for many answers that take their time",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Sends 100 confirmable requests at once for a resource that is answered late, from one socket, by the operator where there is one: each
that is not refused leaves the server with something to remember and a timer. It acknowledges the late answers when they come, as far as they come within drain.
pending-responses-are-limited fails where all of them were taken (an empty ACK, or a success), and passes where some were taken, some were
refused by an error or left without an ACK, and an honest request was answered meanwhile.
The control: an honest request is answered.`,
  references: {
    cwe: ["CWE-770"],
    attack: ["T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §5.2.2", "RFC 7252 §5.9.3.4"],
    cases: ["CO-MSG-08"],
  },
  parameters: z.strictObject({
    requests: count({ atLeast: 10, atMost: 2_000 }).default(100).describe("requests that are sent at once"),
    drain: duration({ atMost: "60s" }).prefault("4s").describe("how long late answers are waited for afterwards"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ drain }) => drain + 30_000,

  control: (bench, ground) => expectPlainServed(bench, ground, "before the requests"),

  async launch(bench, ground, { requests, drain }) {
    const path = ground.resources?.slow;
    if (path === undefined) return void bench.observe.note("no-slow-resource");
    await using asker = await openRightful(bench, ground, ground.identities.operator);
    const { probe } = asker;
    const planned = Math.min(requests, ground.at.maxRatePerSecond);
    const sent = burst(probe, path, planned);
    await probe.hear(answerWithinMs, () => probe.heard.length >= planned);
    bench.observe.note("burst", { planned, ...tally(probe, sent) }, probe.reference);
    await askHonestly(bench, ground);
    await acknowledgeLate(bench, probe, tally(probe, sent).taken, drain);
  },

  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the requests"),

  checks: [
    {
      id: "pending-responses-are-limited",
      asks: "Does the server limit the answers that it owes?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Answer 5.03 with Max-Age, or 4.29, once as many separate responses are pending as there is room for, in all and for one peer. Then run this again: some of the requests must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "pending-responses-are-limited",
      loosen: { where: "coap-server", knob: "maxPendingSeparate", value: 0 },
      parameters: { drain: "0s" },
    },
  ],
});

function burst(probe: Probe, path: string, size: number): readonly Message[] {
  const messages = Array.from({ length: size }, (_, n) => {
    const message = probe.message({ code: code.get, options: pathOptions(path) });
    // Ids one after the other: random ones would meet themselves, and count as duplicates then.
    return { ...message, messageId: (n * 7 + 1) & 0xffff };
  });
  for (const message of messages) probe.send(message);
  return messages;
}

/** An empty ACK, or a success at once. */
function isTaken(heard: Message | undefined): boolean {
  if (heard === undefined || heard.type === messageType.rst) return false;
  return heard.code === code.empty || isSuccess(heard.code);
}

/** What was answered first to each request. */
function tally({ heard }: Probe, sent: readonly Message[]) {
  const idOf = new Map(sent.map(({ token, messageId }) => [keyOf(token), messageId]));
  const first = new Map<number, Message>();
  for (const { message } of heard) {
    if (message === undefined) continue;
    const own = message.code === code.empty ? message.messageId : idOf.get(keyOf(message.token));
    if (own !== undefined && !first.has(own)) first.set(own, message);
  }
  const refusals = [...first.values()].filter((message) => !isTaken(message));
  const words = new Set(refusals.map(({ type, code: byte }) => (type === messageType.rst ? "RST" : codeText(byte))));
  return { taken: first.size - refusals.length, refused: refusals.length, refusals: [...words].join(", ") };
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token).toString("hex");
}

async function askHonestly(bench: Bench, ground: Ground): Promise<void> {
  await bench.observe.attempt("honest", {}, async () => {
    if ((await askPlain(bench, ground)) === undefined) throw new Error("three honest requests were not answered");
  });
}

function isLate({ message }: Heard): boolean {
  return message?.type === messageType.con && message.code !== code.empty;
}

/** Separate responses come as CON and come again until they are acknowledged. */
async function acknowledgeLate(bench: Bench, probe: Probe, owed: number, withinMs: number): Promise<void> {
  const endsAtMs = bench.clock.nowMs() + withinMs;
  let next = 0;
  for (let done = 0; done < owed; done += 1) {
    const late = await probe.hear(Math.max(0, endsAtMs - bench.clock.nowMs()), isLate, next);
    if (late?.message === undefined) return;
    next = probe.heard.indexOf(late) + 1;
    probe.send(acknowledgement(late.message));
  }
}

function judge({ during: { attack } }: Launch): Answer {
  const none = notesOf(attack, "no-slow-resource");
  if (none.length > 0) {
    const says = "nobody knows of a resource that is answered late";
    return { verdict: "not-applicable", says, evidence: none.map(({ seq }) => seq) };
  }
  const [burstNote] = notesOf(attack, "burst");
  const [honest] = attemptsOf(attack, "honest");
  const evidence = [...(burstNote ? [burstNote.seq] : []), ...(honest ? [seqOf(honest)] : [])];
  const [planned = 0, taken = 0] = ["planned", "taken"].map((key) => numberOf(burstNote?.detail, key));
  const trials = { planned, run: planned, passed: planned - taken };
  const much = `${taken} of ${planned} requests for late answers were taken`;
  if (planned > 0 && taken === planned) {
    return { verdict: "fail", says: `${much}: there is no limit in sight`, evidence, trials };
  }
  if (taken === 0)
    return { verdict: "inconclusive", says: `${much}, so that nobody knows of a limit`, evidence, trials };
  if (honest?.phase !== "ok") {
    return {
      verdict: "inconclusive",
      says: `${much}, but an honest request got no answer meanwhile`,
      evidence,
      trials,
    };
  }
  const how = textOf(burstNote?.detail, "refusals");
  const rest = how === "" ? "the others got no answer" : `the others were refused (${how})`;
  return { verdict: "pass", says: `${much}, ${rest}; an honest request was answered meanwhile`, evidence, trials };
}
