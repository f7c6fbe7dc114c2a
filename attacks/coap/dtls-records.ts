import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isResponse } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { acknowledgement, type Heard, type Probe } from "#simulator/coap/probe.ts";
import { type RawSession, withBitFlipped } from "#simulator/dtls/dtls-probe.ts";
import { partsOf } from "#simulator/dtls/heard-part.ts";
import { contentType } from "#simulator/dtls/record.ts";
import { isAnswered, probeIn, sessionAs } from "./parts/dtls-session.ts";
import { type Noted, notedAs, seqsOf } from "./parts/noted.ts";
import { expectServed, honestPath } from "./parts/serving.ts";

const id = "coap.dtls-records";
const answerWithinMs = 2_000;
/** In the protected part of a record: behind its header of 13 bytes and an explicit nonce of 8. */
const flippedBit = 8 * 24 + 3;

export const dtlsRecords = defineAttack({
  id,
  title: "Put records into somebody's DTLS session: repeated, changed, in clear",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `In five sessions of the operator, each from its very address, as somebody on the path could: the record of a request that
was answered once more, another with one bit turned, a request in clear, and two alerts in clear (a fatal one, and
close_notify). After it the operator asks in the session.
replayed-records-are-dropped fails where the repeated or the changed record brings an answer, for then it was processed,
or where the changed one ends the session. records-in-clear-change-nothing fails where a request in clear is answered, or
where the session is dead after something in clear, which nobody has authenticated. That a session is dead counts only
where the operator is served again after the attack.
The control: the operator is answered in a session.`,
  references: {
    cwe: ["CWE-294", "CWE-345", "CWE-346"],
    attack: ["T1557", "T1499.004"],
    owasp: ["I7"],
    clauses: ["RFC 6347 §4.1.2.6", "RFC 6347 §4.1.2.7", "RFC 7252 §9.1.2"],
    cases: ["CO-DTLS-06", "CO-DTLS-09"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "50ms", atMost: "5s" })
      .prefault("150ms")
      .describe("how long an answer to a record is waited for"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => window + 8 * answerWithinMs,

  control: (bench, ground) => expectServed(bench, ground, "before the attack"),

  async launch(bench, ground, { window }) {
    await Promise.all(strikes.map((each) => strike(bench, ground, each, window)));
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "replayed-records-are-dropped",
      asks: "Is a DTLS record that comes a second time, or was changed, dropped?",
      covers: "P3.1/peer-verification",
      remedy:
        "Switch on the replay window of the DTLS library, and discard records whose integrity check fails. Then run this again: neither the repeated nor the changed record may bring an answer, and the session must go on.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judge(launch, ["repeated", "changed"])),
    },
    {
      id: "records-in-clear-change-nothing",
      asks: "Does a DTLS session take no notice of what comes in clear?",
      covers: "P3.1/peer-verification",
      remedy:
        "Check the epoch of every record: once keys are in use, nothing of epoch 0 may end or feed a session. Then run this again: the session must go on after a request and alerts in clear.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, (launch) =>
          judge(launch, ["request in clear", "fatal alert in clear", "close_notify in clear"]),
        ),
    },
  ],
  twins: [
    { kills: "replayed-records-are-dropped", loosen: { where: "coap-server", knob: "dtlsReplay", value: "off" } },
    { kills: "records-in-clear-change-nothing", loosen: { where: "coap-server", knob: "dtlsEpoch", value: "off" } },
  ],
});

const hows = ["repeated", "changed", "request in clear", "fatal alert in clear", "close_notify in clear"] as const;
type How = (typeof hows)[number];

interface Strike {
  readonly how: How;
  /** The record that is put in, after one with a request was answered; `ask` makes further requests. */
  readonly forged: (raw: RawSession, answered: Buffer, ask: () => Buffer) => Buffer;
}

/** Alerts by level and description (RFC 5246 §7.2); their number is one that the handshake did not use up. */
const alertInClear = (how: How, level: number, description: number): Strike => ({
  how,
  forged: (raw) => raw.clear(Buffer.of(level, description), { type: contentType.alert, sequence: 99 }),
});

const strikes: readonly Strike[] = [
  { how: "repeated", forged: (_, answered) => answered },
  { how: "changed", forged: (raw, _, ask) => withBitFlipped(raw.sealed(ask()), flippedBit) },
  { how: "request in clear", forged: (raw, _, ask) => raw.clear(ask(), { sequence: 98 }) },
  alertInClear("fatal alert in clear", 2, 40),
  alertInClear("close_notify in clear", 1, 0),
];

/** In a session of its own: a request that is answered, the forged record, and an honest request. */
async function strike(bench: Bench, ground: Ground, { how, forged }: Strike, windowMs: number): Promise<void> {
  await using raw = await sessionAs(bench, ground, ground.identities.operator, { withinMs: answerWithinMs });
  const probe = probeIn(bench, raw);
  const ask = () => request(bench, ground);
  const record = raw.sealed(ask());
  raw.inject(record);
  const first = await probe.hear(answerWithinMs, isAnswer);
  if (first?.message?.type === messageType.con) probe.send(acknowledgement(first.message));
  const before = answersTo(raw, probe);
  raw.inject(forged(raw, record, ask));
  await bench.clock.sleep(windowMs, bench.signal);
  const answers = answersTo(raw, probe) - before;
  const isAlive = await isAnswered(ground, probe, answerWithinMs);
  bench.observe.note("record", { how, first: first !== undefined, answers, alive: isAlive }, raw.reference);
}

/** A GET of what anybody may read, with an id and token of its own. */
function request({ random }: Bench, ground: Ground): Buffer {
  return encode({
    type: messageType.con,
    code: code.get,
    messageId: random.integer(0, 0x1_0000),
    token: Buffer.from(random.hex(4), "hex"),
    options: pathOptions(honestPath(ground)),
    payload: Buffer.alloc(0),
  });
}

function isAnswer({ message }: Heard): boolean {
  return message !== undefined && isResponse(message.code);
}

/** Responses that came out of the session, and data in clear, by which only a request in clear can be answered. */
function answersTo(raw: RawSession, probe: Probe): number {
  const inClear = raw.heard
    .flatMap((datagram) => partsOf(datagram))
    .filter((part) => part.kind === "record" && part.record.epoch === 0);
  return probe.heard.filter(isAnswer).length + inClear.length;
}

const shape = z.object({ how: z.enum(hows), first: z.boolean(), answers: z.number(), alive: z.boolean() });

function judge({ during: { attack }, recovery }: Launch, asked: readonly How[]): Answer {
  const tried = notedAs(attack, "record", shape).filter(({ facts: { how } }) => asked.includes(how));
  const evidence = seqsOf(tried);
  const trials = { planned: asked.length, run: tried.length, passed: tried.filter(isHarmless).length };
  const taken = tried.filter(({ facts: { answers } }) => answers > 0);
  if (taken.length > 0) {
    const says = `it was processed, for it brought an answer: ${namesOf(taken)}`;
    return { verdict: "fail", says, evidence: seqsOf(taken), trials };
  }
  const dead = tried.filter(({ facts: { first, alive } }) => first && !alive);
  if (dead.length > 0 && recovery?.phase === "ok") {
    const says = `the session was dead after this, while a new one was served: ${namesOf(dead)}`;
    return { verdict: "fail", says, evidence: [...seqsOf(dead), recovery.began.seq], trials };
  }
  if (trials.passed < asked.length) {
    return { verdict: "inconclusive", says: "not every session was served before and after its record", evidence };
  }
  return {
    verdict: "pass",
    says: `nothing was answered, and every session went on: ${namesOf(tried)}`,
    evidence,
    trials,
  };
}

function isHarmless({ facts: { first, answers, alive } }: Noted<z.output<typeof shape>>): boolean {
  return first && alive && answers === 0;
}

function namesOf(tried: readonly Noted<z.output<typeof shape>>[]): string {
  return tried.map(({ facts: { how } }) => how).join(", ");
}
