import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { type RawSession, withBitFlipped } from "#simulator/dtls/dtls-probe.ts";
import { contentType } from "#simulator/dtls/record.ts";
import { fieldOf, textOf } from "./parts/detail.ts";
import { isAnswered, sessionAs } from "./parts/dtls-session.ts";
import { expectServed, honestPath } from "./parts/serving.ts";

const id = "coap.dtls-records";
const answerWithinMs = 2_000;

export const dtlsRecords = defineAttack({
  id,
  title: "Put records into somebody's DTLS session: repeated, changed, in clear",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `In a session of the operator, from its very address, as somebody on the path could: the record of a request once more,
the same with one bit turned, a request in clear, and alerts in clear (a fatal one, and close_notify). After each the
operator asks in the session.
replayed-records-are-dropped fails where the repeated record, or the changed one, brings an answer: then it was
processed. records-in-clear-change-nothing fails where a request in clear is answered, or where the session is dead
after an alert in clear, which nobody has authenticated.
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
      .prefault("300ms")
      .describe("how long an answer to a record is waited for"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 10 * window + 12 * answerWithinMs,

  control: (bench, ground) => expectServed(bench, ground, "before the attack"),

  async launch(bench, ground, { window }) {
    {
      await using raw = await sessionAs(bench, ground, ground.identities.operator, { withinMs: answerWithinMs });
      const record = raw.sealed(request(bench, ground));
      await strike(bench, ground, raw, "first", record, window);
      await strike(bench, ground, raw, "repeated", record, window);
      await strike(
        bench,
        ground,
        raw,
        "changed",
        withBitFlipped(raw.sealed(request(bench, ground)), 8 * 24 + 3),
        window,
      );
      await strike(bench, ground, raw, "request in clear", raw.clear(request(bench, ground)), window);
    }
    // Each alert in a session of its own, since the first may end it.
    for (const [how, content] of alerts) {
      await using raw = await sessionAs(bench, ground, ground.identities.operator, { withinMs: answerWithinMs });
      const alert = raw.clear(content, { type: contentType.alert, sequence: 99 });
      await strike(bench, ground, raw, how, alert, window);
    }
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "replayed-records-are-dropped",
      asks: "Is a DTLS record that comes a second time, or was changed, dropped?",
      covers: "P3.1/peer-verification",
      remedy:
        "Switch on the replay window of the DTLS library, and discard records whose integrity check fails. Then run this again: the repeated record must bring no answer.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReplay),
    },
    {
      id: "records-in-clear-change-nothing",
      asks: "Does a DTLS session take no notice of what comes in clear?",
      covers: "P3.1/peer-verification",
      remedy:
        "Check the epoch of every record: once keys are in use, nothing of epoch 0 may end or feed a session. Then run this again: the session must go on after alerts in clear.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeClear),
    },
  ],
  twins: [
    { kills: "replayed-records-are-dropped", loosen: { where: "coap-server", knob: "dtlsReplay", value: "off" } },
    { kills: "records-in-clear-change-nothing", loosen: { where: "coap-server", knob: "dtlsEpoch", value: "off" } },
  ],
});

/** Level and description (RFC 5246 §7.2). */
const alerts = [
  ["fatal alert in clear", Buffer.of(2, 40)],
  ["close_notify in clear", Buffer.of(1, 0)],
] as const;

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

/** Sends a record, counts what comes back by itself, and then asks honestly in the session. */
async function strike(
  bench: Bench,
  ground: Ground,
  raw: RawSession,
  how: string,
  record: Buffer,
  windowMs: number,
): Promise<void> {
  const before = raw.heard.length;
  raw.inject(record);
  await bench.clock.sleep(windowMs, bench.signal);
  const answers = raw.heard.length - before;
  const alive = await isAnswered(bench, ground, raw, answerWithinMs);
  bench.observe.note("record", { how, answers, alive }, raw.reference);
}

function recordsOf({ during: { attack } }: Launch, hows: readonly string[]) {
  return notesOf(attack, "record").filter(({ detail }) => hows.includes(textOf(detail, "how")));
}

function judgeReplay(launch: Launch): Answer {
  const [first] = recordsOf(launch, ["first"]);
  const tried = recordsOf(launch, ["repeated", "changed"]);
  const answered = tried.filter(({ detail }) => fieldOf(detail, "answers") !== 0);
  if (first === undefined || fieldOf(first.detail, "answers") === 0) {
    const says = "the record brought no answer the first time, so silence the second time says nothing";
    return { verdict: "inconclusive", says, evidence: first ? [first.seq] : [] };
  }
  const evidence = [first.seq, ...tried.map(({ seq }) => seq)];
  if (answered.length > 0) {
    const how = answered.map(({ detail }) => textOf(detail, "how")).join(" and the ");
    return { verdict: "fail", says: `the ${how} record was processed: it brought an answer`, evidence };
  }
  const dead = tried.filter(({ detail }) => fieldOf(detail, "alive") !== true);
  if (tried.length < 2 || dead.length > 0) {
    return { verdict: "inconclusive", says: "the session did not go on, so silence says nothing", evidence };
  }
  return {
    verdict: "pass",
    says: "the repeated and the changed record brought no answer, and the session went on",
    evidence,
  };
}

function judgeClear(launch: Launch): Answer {
  const requests = recordsOf(launch, ["request in clear"]);
  const ended = recordsOf(
    launch,
    alerts.map(([how]) => how),
  );
  const evidence = [...requests, ...ended].map(({ seq }) => seq);
  const taken = requests.filter(({ detail }) => fieldOf(detail, "answers") !== 0);
  const dead = [...requests, ...ended].filter(({ detail }) => fieldOf(detail, "alive") !== true);
  if (taken.length > 0) return { verdict: "fail", says: "a request in clear was answered in the session", evidence };
  if (dead.length > 0) {
    const how = dead.map(({ detail }) => textOf(detail, "how")).join(", ");
    return { verdict: "fail", says: `the session was dead after: ${how}`, evidence };
  }
  if (requests.length === 0 || ended.length < alerts.length) {
    return { verdict: "inconclusive", says: "not every record was sent", evidence };
  }
  return { verdict: "pass", says: "a request and two alerts in clear changed nothing in the session", evidence };
}
