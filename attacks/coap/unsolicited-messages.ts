import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, type Message, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { judgeVectorAnswers } from "./parts/judge-vectors.ts";
import { type MessageVector, sendVectors, vectorsAtMostMs } from "./parts/message-vectors.ts";
import { expectPlainServed } from "./parts/plain-serving.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.unsolicited-messages";

interface Shape {
  readonly id: string;
  readonly what: string;
  readonly allow: readonly string[];
  readonly clause: string;
  readonly type: Message["type"];
  readonly code: number;
  readonly payload?: string;
}

const { con, non, ack, rst } = messageType;
const ignored = ["silent"];
const rejected = ["rst", "silent"];

/** Of types and codes that a server has not asked for, or that do not belong together (RFC 7252 §4.2, §4.3, table 1). */
const shapes: readonly Shape[] = [
  { id: "ping", what: "a ping, which is valid", allow: ["rst"], clause: "RFC 7252 §4.3", type: con, code: code.empty },
  { id: "empty-non", what: "an Empty NON", allow: rejected, clause: "RFC 7252 §4.3", type: non, code: code.empty },
  { id: "empty-ack", what: "an Empty ACK", allow: ignored, clause: "RFC 7252 §4.2", type: ack, code: code.empty },
  { id: "empty-rst", what: "an Empty RST", allow: ignored, clause: "RFC 7252 §4.2", type: rst, code: code.empty },
  { id: "get-in-ack", what: "a GET in an ACK", allow: ignored, clause: "RFC 7252 §4.2", type: ack, code: code.get },
  { id: "get-in-rst", what: "a GET in a RST", allow: ignored, clause: "RFC 7252 §4.2", type: rst, code: code.get },
  {
    id: "post-in-ack",
    what: "a POST in an ACK",
    allow: ignored,
    clause: "RFC 7252 §4.2",
    type: ack,
    code: code.post,
    payload: "x",
  },
  {
    id: "post-in-rst",
    what: "a POST in a RST",
    allow: ignored,
    clause: "RFC 7252 §4.2",
    type: rst,
    code: code.post,
    payload: "x",
  },
  {
    id: "content-in-ack",
    what: "a 2.05 in an ACK",
    allow: ignored,
    clause: "RFC 7252 §4.2",
    type: ack,
    code: code.content,
    payload: "x",
  },
  {
    id: "content-in-rst",
    what: "a 2.05 in a RST",
    allow: ignored,
    clause: "RFC 7252 §4.2",
    type: rst,
    code: code.content,
    payload: "x",
  },
  {
    id: "content-con",
    what: "a 2.05 as CON",
    allow: rejected,
    clause: "RFC 7252 §5.3.2",
    type: con,
    code: code.content,
    payload: "x",
  },
  {
    id: "content-non",
    what: "a 2.05 as NON",
    allow: rejected,
    clause: "RFC 7252 §5.3.2",
    type: non,
    code: code.content,
    payload: "x",
  },
  {
    id: "error-con",
    what: "a 4.04 as CON",
    allow: rejected,
    clause: "RFC 7252 §5.3.2",
    type: con,
    code: code.notFound,
  },
  {
    id: "error-non",
    what: "a 5.00 as NON",
    allow: rejected,
    clause: "RFC 7252 §5.3.2",
    type: non,
    code: code.internalServerError,
  },
];

export const unsolicitedMessages = defineAttack({
  id,
  title: "Send acknowledgements, resets and responses that nobody asked for",
  speaks: "coap",
  severity: "low",
  layer: "application",
  explains: `Sends ${shapes.length} messages, each from a fresh socket: ACK and RST that are empty, that carry a GET or POST, or a response; responses as
CON and NON to requests that were never made; an Empty NON; and a ping, which must be answered by RST. Honest requests are asked in between.
unsolicited-messages-are-ignored passes where ACK and RST got no answer at all, and the others a RST or none. It fails where a
request was carried out that came in an ACK or RST, or where a response to nothing was acknowledged as if it had been waited for.`,
  references: {
    cwe: ["CWE-20"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 7252 §4.2", "RFC 7252 §4.3", "RFC 7252 §5.3.2"],
    cases: ["CO-MSG-06"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "50ms", atMost: "5s" })
      .prefault("500ms")
      .describe("how long an answer is waited for; nothing in that time is silence"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ window }) => vectorsAtMostMs(shapes.length, window) + 25_000,

  control: (bench, ground) => expectPlainServed(bench, ground, "before anything was sent"),
  launch: (bench, ground, { window }) => sendVectors(bench, ground, shapes.map(vectorFor(ground)), window),
  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the messages"),

  checks: [
    {
      id: "unsolicited-messages-are-ignored",
      asks: "Does the server ignore acknowledgements, resets and responses that it has not asked for?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Use a CoAP library that matches ACK, RST and responses with what it has sent itself, and drops or resets all others. Then run this again: none of these messages may be carried out or acknowledged.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeVectorAnswers),
    },
  ],
  twins: [
    {
      kills: "unsolicited-messages-are-ignored",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
      parameters: { window: "100ms" },
    },
  ],
});

const nowhere = pathOptions("nothing-is-here");

function vectorFor(ground: Ground) {
  const known = pathOptions(honestPath(ground));
  return ({ id: name, what, allow, clause, type, code: codeByte, payload = "" }: Shape): MessageVector => {
    const token = Buffer.from(codeByte === code.empty ? "" : "ask?");
    // Where it is carried out all the same, it must not change anything.
    const options = codeByte === code.get ? known : codeByte === code.post ? nowhere : [];
    const message = { type, code: codeByte, messageId: 0x1234, token, options, payload: Buffer.from(payload) };
    return { id: name, what, allow, clause, datagrams: [encode(message)] };
  };
}
