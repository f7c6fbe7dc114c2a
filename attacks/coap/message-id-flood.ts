import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { numberOf, textOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe, type Probe, type Question } from "#simulator/coap/probe.ts";
import { exchange } from "./parts/message-rightful.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { paceFor } from "./parts/pace.ts";
import { expectPlainServed } from "./parts/plain-serving.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.message-id-flood";
const answerWithinMs = 2_000;
/** Requests that are under way at once; fewer than a socket's buffer holds. */
const windowSize = 64;
/** A flood of which nobody answers anything for so long is not let in any more. */
const stalledMs = 500;
const floodAtMostMs = 10_000;
/** A message id has 16 bits, so that one socket has no more of them. */
const idsOfOne = 60_000;

export const messageIdFlood = defineAttack({
  id,
  title: "Use up message ids until the server remembers no more",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Sends one confirmable GET, and the same message id and token again for a path that is not there: a server that remembers ids answers what it
answered first. Then 20,000 GETs with as many ids from one address, ${windowSize} under way at a time, never faster than the scope allows and no longer than
10 s; and the first id once more.
remembered-ids-are-bounded passes where the first id was forgotten by then, where the server answered no more than half of the flood, or where it
remembers no ids at all. It fails where it remembers the first of that many: whoever sends makes its memory grow.
The control: honest requests are answered, before and after.`,
  references: {
    cwe: ["CWE-400", "CWE-770"],
    attack: ["T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §4.5", "RFC 7252 §4.8.2"],
    cases: ["CO-MSG-07"],
  },
  parameters: z.strictObject({
    requests: count({ atLeast: 100, atMost: idsOfOne }).default(20_000).describe("requests of the flood"),
  }),
  needs: [],
  strains: true,
  atMostMs: () => 45_000,

  control: (bench, ground) => expectPlainServed(bench, ground, "before the flood"),

  async launch(bench, ground, { requests }) {
    await using probe = await openProbe(bench, ground.at, ownedHost(ground.at, 0));
    const first = probe.message({ code: code.get, options: pathOptions(honestPath(ground)) });
    const elsewhere = pathOptions(canary(bench));
    const told = await exchange(probe, first, answerWithinMs);
    const otherwise = await exchange(probe, probe.message({ code: code.get, options: elsewhere }), answerWithinMs);
    if (told === undefined || otherwise === undefined) throw new Error("a request got no answer");
    if (isSame(told, otherwise)) throw new Error("the server says the same whatever it is asked");
    const repeat = async (when: "before" | "after") => {
      const answer = await exchange(probe, { ...first, options: elsewhere }, answerWithinMs);
      const isAnswered = answer !== undefined && answer.code !== code.tooManyRequests;
      const found = !isAnswered ? "unanswered" : isSame(answer, told) ? "remembered" : "forgotten";
      bench.observe.note("repeated", { when, answer: found }, probe.reference);
      return found;
    };
    if ((await repeat("before")) !== "remembered") return;
    const flooded = await flood(bench, ground, probe, first, requests);
    bench.observe.note("flood", { asked: requests, ...flooded }, probe.reference);
    await repeat("after");
  },

  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the flood"),

  checks: [
    {
      id: "remembered-ids-are-bounded",
      asks: "Does the server remember no more message ids than it has room for?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit the ids that are remembered for one peer and in all, forget the oldest first, and limit the requests of one address. Then run this again: the first id must be forgotten, or the flood not be let in.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "remembered-ids-are-bounded",
      loosen: { where: "coap-server", knob: "maxRememberedIds", value: 0 },
      parameters: { requests: 1_000 },
      both: { "coap-server": { maxRequestsPerSecond: 0, maxRememberedIds: 256 } },
    },
  ],
});

function isSame(one: Message, other: Message): boolean {
  return one.code === other.code && Buffer.compare(one.payload, other.payload) === 0;
}

function requestOf({ code: method, options }: Message): Question {
  return { code: method, options };
}

/** Requests with all the ids that follow that of `first`; ends early where nobody answers any more. */
async function flood(bench: Bench, { at }: Ground, probe: Probe, first: Message, requests: number) {
  const since = probe.heard.length;
  const endsAtMs = bench.clock.nowMs() + floodAtMostMs;
  const answered = () => probe.heard.length - since;
  const turn = paceFor(bench, at);
  let sent = 0;
  while (sent < requests && bench.clock.nowMs() < endsAtMs && !bench.signal.aborted) {
    const before = answered();
    for (let n = 0; n < windowSize && sent < requests; n += 1) {
      await turn();
      sent += 1;
      probe.send(probe.message({ ...requestOf(first), messageId: (first.messageId + sent) & 0xffff }));
    }
    await probe.hear(stalledMs, () => answered() >= sent, since + before);
    if (answered() === before) break;
  }
  return { sent, answered: answered() };
}

function judge({ during: { attack } }: Launch): Answer {
  const notes = [...notesOf(attack, "repeated"), ...notesOf(attack, "flood")];
  const evidence = notes.map(({ seq }) => seq);
  const answerWhen = (when: string) => {
    const found = notes.find(({ detail }) => textOf(detail, "when") === when);
    return found === undefined ? "" : textOf(found.detail, "answer");
  };
  const [before, after] = [answerWhen("before"), answerWhen("after")];
  if (before === "forgotten") {
    return { verdict: "pass", says: "the server remembers no message ids, so none can fill its memory", evidence };
  }
  const counts = notes.find(({ action }) => action === "flood")?.detail;
  const [asked = 0, sent = 0, answered = 0] = ["asked", "sent", "answered"].map((key) => numberOf(counts, key));
  const much = `${answered} of ${sent} requests with an id of their own were answered`;
  if (after === "forgotten") return { verdict: "pass", says: `${much}; by then the first id was forgotten`, evidence };
  if (counts !== undefined && answered * 2 <= asked) {
    return { verdict: "pass", says: `${much}, then no more: so many cannot fill its memory`, evidence };
  }
  if (after === "remembered" && answered >= asked) {
    return {
      verdict: "fail",
      says: `${much}, and the first id was still remembered: there is no limit in sight`,
      evidence,
    };
  }
  const says =
    counts === undefined ? "nobody knows whether the server remembers ids" : `${much}; the first id was ${after}`;
  return { verdict: "inconclusive", says, evidence };
}
