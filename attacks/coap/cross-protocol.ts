import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { messageType } from "#simulator/coap/message.ts";
import { type Heard, openProbe } from "#simulator/coap/probe.ts";
import { amplificationOf, amplifies, sayAmplification } from "./parts/amplification.ts";
import { type ForeignDatagram, foreignDatagrams } from "./parts/foreign-datagrams.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { askPlain, expectPlainServed } from "./parts/plain-serving.ts";

const id = "coap.cross-protocol";

export const crossProtocol = defineAttack({
  id,
  title: "Have the datagrams of other protocols answered by a CoAP server",
  speaks: "coap",
  severity: "low",
  layer: "network",
  explains: `Sends ${foreignDatagrams.length} datagrams that are no requests of CoAP, one each from a socket of its own: replies of DNS,
SSDP, NTP, STUN and SNMP, and records of DTLS.
foreign-datagrams-start-nothing fails where one brought a response, or more than three times what was sent, at Ethernet:
a server that answers whatever comes lets somebody have two innocent services answer each other for ever. An empty
message, RST or ACK, which starts nothing, is let pass and told in the sentence.
It passes where none brought a response while a CoAP request of the same time was answered.
The control: an honest client is served, and a plain request is answered.`,
  references: {
    cwe: ["CWE-441"],
    attack: ["T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §3", "RFC 7252 §4.2", "RFC 7252 §11.5"],
    cases: ["CO-SPF-06"],
  },
  parameters: z.strictObject({
    listens: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("500ms")
      .describe("how long answers are waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ listens }) => listens + 30_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectPlainServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { listens }) {
    const at = plainListener(ground);
    await Promise.all([
      ...foreignDatagrams.map((datagram) => sendForeign(bench, at, datagram, listens)),
      askPlain(bench, ground).then((answer) => bench.observe.note("proper", { answered: answer !== undefined })),
    ]);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "foreign-datagrams-start-nothing",
      asks: "Do datagrams of other protocols bring no response?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Ignore silently what is not version 1 of CoAP (RFC 7252 §3), and never turn a parser's error into a response. Then run this again: none of the datagrams may be answered.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "foreign-datagrams-start-nothing",
      loosen: { where: "coap-server", knob: "foreignDatagrams", value: "answered" },
      parameters: { listens: "200ms" },
    },
  ],
});

async function sendForeign(
  bench: Bench,
  at: LabAddress,
  { protocol, bytes }: ForeignDatagram,
  listensMs: number,
): Promise<void> {
  await using victim = await openProbe(bench, at);
  victim.send(bytes);
  await bench.clock.sleep(listensMs, bench.signal);
  const came = victim.heard.map((heard) => heard.bytes.length);
  const answers = victim.heard.map(answerIn);
  bench.observe.note("foreign", { protocol, asked: bytes.length, came, answers }, victim.reference);
}

function answerIn({ message }: Heard): string {
  if (message === undefined) return "something that is no CoAP";
  if (message.code === code.empty) return message.type === messageType.rst ? empties.rst : empties.ack;
  return codeText(message.code);
}

const empties = { rst: "RST", ack: "empty ACK" } as const;
const isEmpty = (answer: string) => answer === empties.rst || answer === empties.ack;

const shape = z.object({
  protocol: z.string(),
  asked: z.number(),
  came: z.array(z.number()),
  answers: z.array(z.string()),
});

function judge({ during: { attack } }: Launch): Answer {
  const seen = notedAs(attack, "foreign", shape);
  const evidence = seqsOf(seen);
  const bad = seen.filter(({ facts: { asked, came, answers } }) => amplifies(asked, came) || !answers.every(isEmpty));
  const trials = { planned: foreignDatagrams.length, run: seen.length, passed: seen.length - bad.length };
  if (bad.length > 0) {
    const ways = bad.map(({ facts: { protocol, asked, came, answers } }) => {
      const factor = sayAmplification(amplificationOf(asked, came));
      return `a ${protocol} by ${answers.join(" and ")} (${factor})`;
    });
    return { verdict: "fail", says: `answered: ${ways.join("; ")}`, evidence: seqsOf(bad), trials };
  }
  const [proper] = notesOf(attack, "proper");
  const isServed = proper !== undefined && z.object({ answered: z.literal(true) }).safeParse(proper.detail).success;
  if (!isServed) {
    const says = "nothing was answered, not even a CoAP request of the same time";
    return { verdict: "inconclusive", says, evidence, trials };
  }
  const empty = seen.filter(({ facts: { answers } }) => answers.length > 0);
  const though =
    empty.length === 0
      ? ""
      : `; ${empty.length} brought an empty message: ${empty.map(({ facts: { protocol } }) => protocol).join(", ")}`;
  const says = `none of ${seen.length} datagrams of other protocols brought a response${though}`;
  return { verdict: "pass", says, evidence: [...evidence, proper.seq], trials };
}
