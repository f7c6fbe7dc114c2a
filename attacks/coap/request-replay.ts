import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, foundIn, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { borrow, readText, writeText } from "./parts/access-rightful.ts";
import { mustCommand, mustServe } from "./parts/access-serving.ts";
import { answerOf } from "./parts/message-answer.ts";
import { askRightly, goesSecurely, openRightful, type RightfulProbe } from "./parts/message-rightful.ts";
import { ownedHost } from "./parts/owned-host.ts";

const id = "coap.request-replay";
const answerWithinMs = 2_000;

export const requestReplay = defineAttack({
  id,
  title: "Send a captured request again",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `The operator sets the actuator, and an eavesdropper keeps the datagrams. The operator then sets it to something else, and after a while
the datagrams are sent again. Where the server takes it without DTLS: as they were from another address, as they were from the operator's own (the lab owns
that socket; nothing is forged), and from there with another message id, as a request without DTLS can be changed. Where it does not: the very
DTLS records, from the operator's own socket and from another one.
captured-requests-cannot-be-replayed fails where the operator reads the captured value again, and passes where each time it reads what it set last.
The control: the operator sets the actuator and reads it.`,
  references: {
    cwe: ["CWE-294"],
    attack: ["T1557", "T1692.001"],
    owasp: ["I7"],
    clauses: ["RFC 7252 §11", "RFC 9175 §2.4", "RFC 6347 §4.1.2.6"],
    cases: ["CO-MSG-02"],
  },
  parameters: z.strictObject({
    after: duration({ atMost: "300s" }).prefault("100ms").describe("how long the captured datagrams are kept"),
    window: duration({ atLeast: "50ms", atMost: "5s" })
      .prefault("250ms")
      .describe("how long an answer to them is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ after, window }) => 3 * (after + window) + 20 * answerWithinMs,

  control: (bench, ground) => mustCommand(bench, ground, answerWithinMs),

  async launch(bench, ground, times) {
    const actuator = ground.resources?.actuator;
    if (actuator === undefined) return void bench.observe.note("no-actuator");
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using _before = await borrow(operator, actuator, answerWithinMs);
    for (const plain of [true, false]) {
      if (!plain && !goesSecurely(ground, ground.identities.operator)) return;
      await using rightful = await openRightful(bench, ground, ground.identities.operator, { plain });
      const captured = await capture(bench, rightful, operator, actuator);
      if (captured === undefined) continue;
      await replayAll({ bench, ground, operator, actuator, ...times }, rightful, captured);
      return;
    }
  },

  recovery: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  checks: [
    {
      id: "captured-requests-cannot-be-replayed",
      asks: "Does a request that was captured do nothing when it is sent again?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Ask for a fresh Echo (RFC 9175) before anything is done that changes something, or take such requests only through DTLS or OSCORE with replay protection. Then run this again: the captured value must not come back.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReplays),
    },
  ],
  twins: [
    {
      kills: "captured-requests-cannot-be-replayed",
      loosen: { where: "coap-server", knob: "freshness", value: "none" },
      both: { "coap-server": { plainAccess: "open" } },
    },
  ],
});

/** A request that had its effect, as it was on the wire. */
interface Captured {
  readonly text: string;
  readonly datagrams: readonly Buffer[];
}

interface Stage {
  readonly bench: Bench;
  readonly ground: Ground;
  readonly operator: Asker;
  readonly actuator: string;
  readonly after: number;
  readonly window: number;
}

/** Sets the actuator; undefined where the server does not take that from it. */
async function capture(
  bench: Bench,
  { probe, sent, isSecure }: RightfulProbe,
  operator: Asker,
  actuator: string,
): Promise<Captured | undefined> {
  const text = canary(bench);
  const put = { code: code.put, options: pathOptions(actuator), payload: text };
  const from = sent.length;
  const { answer } = await askRightly(probe, put, answerWithinMs);
  const moved = answer !== undefined && isSuccess(answer.code);
  const isThere = moved && (await readText(operator, actuator, answerWithinMs)) === text;
  bench.observe.note("capture", { isSecure, captured: isThere }, probe.reference);
  return isThere ? { text, datagrams: sent.slice(from) } : undefined;
}

async function replayAll(stage: Stage, rightful: RightfulProbe, { text, datagrams }: Captured): Promise<void> {
  const { bench, ground } = stage;
  await using stranger = await openProbe(bench, rightful.at, ownedHost(ground.at, 0));
  const own = { probe: rightful.probe, send: (bytes: Buffer) => rightful.forge(bytes) };
  const ways = [
    { how: "from another address", probe: stranger, send: (bytes: Buffer) => stranger.send(bytes), datagrams },
    { how: "from its own address", ...own, datagrams },
    { how: "from its own address with another message id", ...own, datagrams: withOtherIds(datagrams) },
  ];
  // Whoever changes a DTLS record has no record any more.
  const possible = rightful.isSecure ? ways.slice(0, 2) : ways;
  for (const way of possible) await replay(stage, { ...way, text, isSecure: rightful.isSecure });
}

/** One attempt: ok where the captured value came back, refused where the operator read what it had set last. */
async function replay(
  { bench, operator, actuator, after, window }: Stage,
  way: {
    readonly how: string;
    readonly isSecure: boolean;
    readonly text: string;
    readonly probe: Probe;
    readonly datagrams: readonly Buffer[];
    send(datagram: Buffer): void;
  },
): Promise<void> {
  const { how, isSecure, text, probe } = way;
  await bench.observe.attempt("replay", { how, isSecure }, async (trace) => {
    trace.wire(probe.reference);
    const last = canary(bench);
    await writeText(operator, actuator, last, answerWithinMs);
    await bench.clock.sleep(after, bench.signal);
    const since = probe.heard.length;
    for (const datagram of way.datagrams) way.send(datagram);
    trace.detail({ answer: answerOf(await probe.hear(window, () => true, since)) });
    const read = await readText(operator, actuator, answerWithinMs);
    if (read === text) return;
    if (read !== last) throw new Error("what the actuator says now is neither the captured nor the last value");
    throw new Refused("unmoved", "the actuator says what was set last");
  });
}

/** The same messages with ids that are not theirs, so that they are no duplicates (RFC 7252 §4.5). */
function withOtherIds(datagrams: readonly Buffer[]): readonly Buffer[] {
  return datagrams.map((datagram) => {
    const changed = Buffer.from(datagram);
    changed.writeUInt16BE((changed.readUInt16BE(2) + 0x4000) & 0xffff, 2);
    return changed;
  });
}

function judgeReplays({ during: { attack } }: Launch): Answer {
  const none = notesOf(attack, "no-actuator");
  if (none.length > 0) {
    const says = "nobody knows of an actuator that a request could be captured for";
    return { verdict: "not-applicable", says, evidence: none.map(({ seq }) => seq) };
  }
  const tries = attemptsOf(attack, "replay");
  const moved = tries.filter(({ phase }) => phase === "ok");
  const unmoved = tries.filter(({ phase }) => phase === "refused");
  const trials = { planned: tries.length, run: tries.length, passed: unmoved.length };
  if (moved.length > 0) {
    const says = `a captured request moved the actuator again: ${moved.map(wayOf).join(", ")}`;
    return { verdict: "fail", says, evidence: moved.map(seqOf), trials };
  }
  if (tries.length === 0) {
    const notes = notesOf(attack, "capture").map(({ seq }) => seq);
    return { verdict: "inconclusive", says: "no request could be captured that moved the actuator", evidence: notes };
  }
  if (unmoved.length < tries.length) {
    const says = `of ${tries.length - unmoved.length} of ${tries.length} replays nobody knows what they did`;
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  const says = `a captured request did nothing when it was sent again: ${unmoved.map(wayOf).join(", ")}`;
  return { verdict: "pass", says, evidence: unmoved.map(seqOf), trials };
}

function wayOf(one: Attempted): string {
  const { detail } = one.began;
  const how = fieldOf(detail, "isSecure") === true ? "as a DTLS record" : "without DTLS";
  return `${textOf(detail, "how")}, ${how} (answered ${textOf(foundIn(one), "answer")})`;
}
