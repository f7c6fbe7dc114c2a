import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode } from "#simulator/coap/message.ts";
import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { judgeVectorAnswers } from "./parts/judge-vectors.ts";
import { type MessageVector, sendVectors, vectorsAtMostMs } from "./parts/message-vectors.ts";
import { expectPlainServed } from "./parts/plain-serving.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.option-overflow";

/** Numbers that nobody has registered: even ones are elective, odd ones critical (RFC 7252 §5.4.6). */
const elective = 65_000;
const critical = 65_001;

const rejected = ["rst"];
const ignored = ["2.xx", "4.01", "4.03", "4.04", "4.05", "4.13"];

interface Shape {
  readonly id: string;
  readonly what: string;
  readonly allow: readonly string[];
  readonly clause: string;
  /** Options beside those of the path, or bytes that stand where options belong. */
  readonly options?: readonly Option[];
  readonly bytes?: readonly number[];
}

const many = (count: number, number: number, value = "") => Array.from({ length: count }, () => option(number, value));

const shapes: readonly Shape[] = [
  {
    id: "sum",
    what: "option numbers that add up to 65,536",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xe0, 0xfe, 0xf2, 0x10],
  },
  {
    id: "sums",
    what: "option numbers that run over three times",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xe0, 0xff, 0xff, 0xe0, 0xff, 0xff, 0xe0, 0xff, 0xff],
  },
  {
    id: "delta",
    what: "an option delta of 65,804",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xe1, 0xff, 0xff, 0x78],
  },
  {
    id: "one-short",
    what: "an option that is one byte longer than the datagram",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xb3, 0x61, 0x62],
  },
  {
    id: "extended-short",
    what: "an option of 269 bytes, of which none is there",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xbe, 0x00, 0x00],
  },
  {
    id: "nibbles",
    what: "option delta and length 15 without being the payload marker",
    allow: rejected,
    clause: "RFC 7252 §3.1",
    bytes: [0xf1, 0x78],
  },
  {
    id: "long-elective",
    what: "an unknown elective option of 900 bytes, which is to be ignored",
    allow: ignored,
    clause: "RFC 7252 §5.4.1",
    options: [option(elective, "e".repeat(900))],
  },
  {
    id: "many-elective",
    what: "400 unknown elective options, which are to be ignored",
    allow: [...ignored, "rst"],
    clause: "RFC 7252 §5.4.1",
    options: many(400, elective),
  },
  {
    id: "long-critical",
    what: "an unknown critical option of 900 bytes",
    allow: ["4.02"],
    clause: "RFC 7252 §5.4.1",
    options: [option(critical, "c".repeat(900))],
  },
  {
    id: "many-critical",
    what: "400 unknown critical options",
    allow: ["4.02", "rst"],
    clause: "RFC 7252 §5.4.1",
    options: many(400, critical),
  },
  {
    id: "many-if-match",
    what: "200 times If-Match",
    allow: ["any"],
    clause: "RFC 7252 §5.10.8.1",
    options: many(200, optionNumber.ifMatch, "etag"),
  },
  {
    id: "many-query",
    what: "300 times Uri-Query",
    allow: ["2.xx", "4.xx", "rst"],
    clause: "RFC 7252 §5.10.1",
    options: many(300, optionNumber.uriQuery, "q"),
  },
  {
    id: "two-kilobytes",
    what: "a datagram of 2 kB",
    allow: ["any"],
    clause: "RFC 7252 §4.6",
    options: [option(elective, "x".repeat(2_000))],
  },
  {
    id: "sixty-kilobytes",
    what: "a datagram of 60 kB",
    allow: ["any"],
    clause: "RFC 7252 §4.6",
    options: [option(elective, "x".repeat(60_000))],
  },
];

export const optionOverflow = defineAttack({
  id,
  title: "Send options whose numbers, lengths or count run over",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `Sends ${shapes.length} GETs, each from a fresh socket: option numbers that add up to more than 65,535, lengths that reach behind the datagram, hundreds of
options, options of 900 bytes, datagrams of 2 and 60 kB (the last is cut into IP fragments elsewhere than on loopback). A bystander is asked in between.
option-overflow-is-rejected passes where each broken one gets a RST, each unknown critical option 4.02, and unknown elective ones
are ignored; it fails where one is answered otherwise. Of the largest, whatever is answered is right, and that the server goes on is
seen by what follows.`,
  references: {
    cwe: ["CWE-20", "CWE-125", "CWE-190", "CWE-787", "CWE-1284"],
    cve: ["CVE-2023-30362", "CVE-2023-35862"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 7252 §3.1", "RFC 7252 §5.4.1"],
    cases: ["CO-PAR"],
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
  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the datagrams"),

  checks: [
    {
      id: "option-overflow-is-rejected",
      asks: "Are options rejected whose numbers or lengths run over?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Use a CoAP library that checks every option number and length against 65,535 and the end of the datagram before it reads on. Then run this again: each datagram named here must get the answer that its clause allows.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeVectorAnswers),
    },
  ],
  twins: [
    {
      kills: "option-overflow-is-rejected",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
      parameters: { window: "100ms" },
    },
  ],
});

function vectorFor(ground: Ground) {
  const nothing = Buffer.alloc(0);
  const path = pathOptions(honestPath(ground));
  const token = Buffer.from("over");
  const message = { type: 0, code: code.get, messageId: 0x1234, token, payload: nothing } as const;
  return ({ id: name, what, allow, clause, options, bytes }: Shape): MessageVector => {
    const head = encode({ ...message, options: [] });
    const datagram = bytes
      ? Buffer.concat([head, Buffer.from(bytes)])
      : encode({ ...message, options: [...path, ...(options ?? [])] });
    return { id: name, what, allow, clause, datagrams: [datagram], token };
  };
}
