import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { judgeVectorAnswers } from "./parts/judge-vectors.ts";
import { type MessageVector, sendVectors, vectorsAtMostMs } from "./parts/message-vectors.ts";
import { expectPlainServed } from "./parts/plain-serving.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.token-abuse";

const rejected = ["rst"];
/** RFC 8974 is an extension: who does not know it must take such a token for an error, who does must repeat all of it. */
const rejectedOrRepeated = ["rst", "2.xx", "4.xx"];

interface Shape {
  readonly id: string;
  readonly what: string;
  readonly allow: readonly string[];
  readonly clause: string;
  /** The lower half of the first byte, and the extended length behind the header. */
  readonly length: number;
  readonly extension?: readonly number[];
  /** Bytes of token that are there. */
  readonly bytes: number;
  /** The datagram ends behind them. */
  readonly isCut?: true;
  /** NON instead of CON. */
  readonly non?: true;
}

const base = "RFC 7252 §3";
const extended = "RFC 8974 §2.1";

const shapes: readonly Shape[] = [
  { id: "no-token", what: "no token, which is valid", allow: ["2.xx", "4.xx"], clause: base, length: 0, bytes: 0 },
  {
    id: "whole-8",
    what: "a token of 8 bytes, which is valid",
    allow: ["2.xx", "4.xx"],
    clause: base,
    length: 8,
    bytes: 8,
  },
  ...[9, 10, 11, 12].map((length) => ({
    id: `length-${length}`,
    what: `a token of ${length} bytes, a length that is reserved`,
    allow: rejected,
    clause: base,
    length,
    bytes: length,
  })),
  { id: "length-15", what: "token length 15, which is reserved", allow: rejected, clause: base, length: 15, bytes: 15 },
  {
    id: "length-9-non",
    what: "NON with a token of 9 bytes",
    allow: ["rst", "silent"],
    clause: base,
    length: 9,
    bytes: 9,
    non: true,
  },
  {
    id: "cut-8",
    what: "a token of 8 bytes, of which 3 are there",
    allow: rejected,
    clause: base,
    length: 8,
    bytes: 3,
    isCut: true,
  },
  {
    id: "extended-13",
    what: "an extended token of 13 bytes",
    allow: rejectedOrRepeated,
    clause: extended,
    length: 13,
    extension: [0],
    bytes: 13,
  },
  {
    id: "extended-300",
    what: "an extended token of 300 bytes",
    allow: rejectedOrRepeated,
    clause: extended,
    length: 14,
    extension: [0, 31],
    bytes: 300,
  },
  {
    id: "extended-cut",
    what: "an extended token of 268 bytes, of which 10 are there",
    allow: rejected,
    clause: extended,
    length: 13,
    extension: [255],
    bytes: 10,
    isCut: true,
  },
  {
    id: "extended-none",
    what: "an extended token of 65,804 bytes, of which none is there",
    allow: rejected,
    clause: extended,
    length: 14,
    extension: [255, 255],
    bytes: 0,
    isCut: true,
  },
  {
    id: "extension-cut",
    what: "a datagram that ends inside the length of an extended token",
    allow: rejected,
    clause: extended,
    length: 14,
    extension: [0],
    bytes: 0,
    isCut: true,
  },
];

export const tokenAbuse = defineAttack({
  id,
  title: "Send requests whose tokens are longer than they may be, or than they are",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Sends ${shapes.length} GETs, each from a fresh socket: with tokens of the reserved lengths 9 to 12 and 15, tokens that claim more bytes
than there are, extended tokens (RFC 8974) whole and cut, and two valid ones. Honest requests are asked in between.
overlong-tokens-are-rejected passes where each reserved or broken one gets a RST (or nothing, where it is a NON), and a whole
extended one gets either a RST or a response that repeats all of it. It fails where one was carried out, where a token comes
back shortened or filled up with other bytes, which would be memory of the server, or where a valid one was rejected.`,
  references: {
    cwe: ["CWE-20", "CWE-125", "CWE-130", "CWE-1284"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 7252 §3", "RFC 8974 §2.1"],
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
      id: "overlong-tokens-are-rejected",
      asks: "Are tokens rejected that are longer than CoAP lets them be, or than the datagram is?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Use a CoAP library that rejects token lengths 9 to 15 as a format error, or repeats extended tokens in full. Then run this again: each datagram named here must be rejected.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeVectorAnswers),
    },
  ],
  twins: [
    {
      kills: "overlong-tokens-are-rejected",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
      parameters: { window: "100ms" },
    },
  ],
});

function vectorFor(ground: Ground) {
  const nothing = Buffer.alloc(0);
  const options = pathOptions(honestPath(ground));
  const message = { type: 0, code: code.get, messageId: 0, token: nothing, options, payload: nothing } as const;
  const behindHeader = encode(message).subarray(4);
  return ({ id: name, what, allow, clause, length, extension = [], bytes, isCut, non }: Shape): MessageVector => {
    const token = Buffer.alloc(bytes, "token of an attacker ");
    const head = Buffer.of((non ? 0x50 : 0x40) | length, code.get, 0x12, 0x34, ...extension);
    return {
      id: name,
      what,
      allow,
      clause,
      datagrams: [Buffer.concat([head, token, ...(isCut ? [] : [behindHeader])])],
      token,
    };
  };
}
