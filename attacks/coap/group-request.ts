import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import type { Heard } from "#simulator/coap/probe.ts";
import type { Peer } from "#simulator/udp/datagram.ts";
import { allowedFactor, amplificationOf, amplifies, sayAmplification } from "./parts/amplification.ts";
import { graceMs, groupOf, groupUnknown, leisureMs, openGroupProbe } from "./parts/group.ts";
import { type ImproperRequest, improperDatagram, improperRequests } from "./parts/improper-request.ts";
import { expectServed, wellKnownCore } from "./parts/serving.ts";

const id = "coap.group-request";
/** What comes within this time was not spread over any leisure. */
const atOnceMs = 100;

export const groupRequest = defineAttack({
  id,
  title: "Ask a whole multicast group at once, in the name of a victim",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `Sends to the multicast group of the target, on the loopback interface only: 16 NON GETs for /.well-known/core, and one
each of a confirmable GET, a malformed NON, a NON of a reserved code class and a NON GET of a path that does not exist.
Every one comes from a socket of the lab's own that plays the victim of a forged address.
group-answers-are-spread fails where all answers came within ${atOnceMs} ms, so that those of a thousand members would hit one victim
together, or where one member alone sent more than ${allowedFactor} times what was asked, at Ethernet; it passes where they were spread
over the leisure of ${leisureMs / 1_000} s.
group-requests-bring-no-errors fails where one of the other four was answered: a confirmable request is not for groups, and
errors and RST multiply by the members. It passes where only proper requests were answered.
It listens until the first proper answer, at least for the time given and at most for the leisure.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-406"],
    attack: ["T1498.002", "T0846.003"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §8.1", "RFC 7252 §8.2", "RFC 7252 §11.3"],
    cases: ["CO-AMP-04", "CO-MC-01"],
  },
  parameters: z.strictObject({
    requests: count({ atLeast: 4, atMost: 50 }).default(16).describe("proper requests to the group"),
    listens: duration({ atLeast: "300ms", atMost: "5500ms" })
      .prefault("2s")
      .describe("how long errors are listened for, at least"),
  }),
  needs: [],
  strains: false,
  atMostMs: () => leisureMs + graceMs + 20_000,

  control: (bench, ground) => expectServed(bench, ground, "before the attack"),

  async launch(bench, ground, { requests, listens }) {
    const group = groupOf(ground);
    if (group === undefined) return;
    const until = bench.clock.nowMs() + leisureMs + graceMs;
    const proper = askProperly(bench, group, requests, { listens, until });
    const others = improperRequests.map((request) => askImproperly(bench, group, request, proper.over));
    await Promise.all([proper.done, ...others]);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "group-answers-are-spread",
      asks: "Are answers to a multicast request spread over time, so that a group does not hit one address together?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Delay each answer to a multicast request by a random time within the leisure (RFC 7252 §8.2), answer only what has a small representation, or join no group. Then run this again: the answers must not come together.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSpread),
    },
    {
      id: "group-requests-bring-no-errors",
      asks: "Does the server stay silent on multicast requests that are confirmable, malformed or in vain?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Ignore a confirmable request that came by multicast, never answer multicast with RST, and suppress error responses to it (RFC 7252 §8.1, §8.2). Then run this again: only the proper requests may be answered.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeErrors),
    },
  ],
  twins: [
    {
      kills: "group-answers-are-spread",
      loosen: { where: "coap-server", knob: "multicast", value: "careless" },
      parameters: { listens: "300ms" },
    },
    {
      kills: "group-requests-bring-no-errors",
      loosen: { where: "coap-server", knob: "multicast", value: "careless" },
      parameters: { listens: "300ms" },
    },
  ],
});

/** Sends proper requests; `done` when it was listened long enough, which `over` tells the others. */
function askProperly(
  bench: Bench,
  group: Peer,
  requests: number,
  { listens, until }: { readonly listens: number; readonly until: number },
): { readonly done: Promise<void>; readonly over: AbortSignal } {
  const ending = new AbortController();
  const listen = async () => {
    await using victim = await openGroupProbe(bench, group);
    const asked = Array.from({ length: requests }, () =>
      victim.message({ code: code.get, type: messageType.non, options: pathOptions(wellKnownCore) }),
    );
    const beganMs = bench.clock.nowMs();
    for (const one of asked) victim.send(one);
    await bench.clock.sleep(listens, bench.signal);
    await victim.hear(until - bench.clock.nowMs());
    const askedBytes = asked.reduce((sum, one) => sum + encode(one).length, 0);
    const facts = {
      requests,
      asked: askedBytes / requests,
      answers: victim.heard.map(({ atMs, bytes }) => ({ afterMs: atMs - beganMs, bytes: bytes.length })),
    };
    bench.observe.note("group.proper", facts, victim.reference);
  };
  return { done: listen().finally(() => ending.abort()), over: ending.signal };
}

async function askImproperly(bench: Bench, group: Peer, request: ImproperRequest, over: AbortSignal): Promise<void> {
  await using victim = await openGroupProbe(bench, group);
  victim.send(improperDatagram(bench.random, request));
  await bench.clock.sleep(leisureMs + graceMs, AbortSignal.any([bench.signal, over]));
  const answers = victim.heard.map(answerIn);
  bench.observe.note("group.improper", { request, answers }, victim.reference);
}

function answerIn({ message }: Heard): string {
  if (message === undefined) return "something that is no CoAP";
  if (message.type === messageType.rst) return "RST";
  return message.code === code.empty ? "an empty ACK" : codeText(message.code);
}

const properFacts = z.object({
  requests: z.number(),
  asked: z.number(),
  answers: z.array(z.object({ afterMs: z.number(), bytes: z.number() })),
});

function judgeSpread({ during: { attack } }: Launch): Answer {
  const [note] = notesOf(attack, "group.proper");
  if (note === undefined) return groupUnknown();
  const { requests, asked, answers } = properFacts.parse(note.detail);
  const evidence = [note.seq];
  if (answers.length === 0) return nothingHeard(evidence);
  const longest = Math.max(...answers.map(({ bytes }) => bytes));
  const factor = amplificationOf(asked, [longest]);
  const atOnce = answers.filter(({ afterMs }) => afterMs <= atOnceMs).length;
  const sizes = `each up to ${longest} bytes for ${asked}, ${sayAmplification(factor)}`;
  if (atOnce >= Math.ceil(requests * mostAtOnce)) {
    const says = `${atOnce} of ${requests} answers to multicast requests came within ${atOnceMs} ms (${sizes})`;
    return { verdict: "fail", says, evidence, measure: { kind: "graded", total: 2, survived: 1, lost: 1 } };
  }
  if (amplifies(asked, [longest])) {
    const says = `one member of the group answers with more than ${allowedFactor} times what was asked (${sizes})`;
    return { verdict: "fail", says, evidence, measure: { kind: "graded", total: 2, survived: 1, lost: 1 } };
  }
  const says = `${answers.length} of ${requests} answers to multicast requests came while it was listened, ${atOnce} of them within ${atOnceMs} ms (${sizes})`;
  return { verdict: "pass", says, evidence, measure: { kind: "graded", total: 2, survived: 2, lost: 0 } };
}

/** Of 16 answers that are spread over 5 s, 12 come within 100 ms less than once in 10¹⁷ times. */
const mostAtOnce = 0.75;

function nothingHeard(evidence: readonly number[]): Answer {
  const says = "no multicast request was answered, not even a proper one, so perhaps none was heard";
  return { verdict: "inconclusive", says, evidence };
}

function judgeErrors({ during: { attack } }: Launch): Answer {
  const notes = notesOf(attack, "group.improper");
  const [proper] = notesOf(attack, "group.proper");
  if (proper === undefined) return groupUnknown();
  const facts = z.object({ request: z.string(), answers: z.array(z.string()) });
  const answered = notes.flatMap(({ seq, detail }) => {
    const { request, answers } = facts.parse(detail);
    return answers.length > 0 ? [{ seq, says: `${request} with ${answers[0]}` }] : [];
  });
  const trials = { planned: improperRequests.length, run: notes.length, passed: notes.length - answered.length };
  if (answered.length > 0) {
    const says = `multicast was answered that should not be: ${answered.map((one) => one.says).join("; ")}`;
    return { verdict: "fail", says, evidence: answered.map(({ seq }) => seq), trials };
  }
  const evidence = [proper.seq, ...notes.map(({ seq }) => seq)];
  if (properFacts.parse(proper.detail).answers.length === 0) return nothingHeard(evidence);
  const says = `of ${notes.length} improper multicast requests none was answered, while proper ones were`;
  return { verdict: "pass", says, evidence, trials };
}
