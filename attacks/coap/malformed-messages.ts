import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { encode } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import table from "./malformed-messages.json" with { type: "json" };
import { judgeVectorAnswers, judgeVectorSurvival } from "./parts/judge-vectors.ts";
import { batchSize, type MessageVector, sendVectors, vectorsAtMostMs } from "./parts/message-vectors.ts";
import { expectPlainServed } from "./parts/plain-serving.ts";

const id = "coap.malformed-messages";

const hex = z.string().regex(/^([0-9a-f]{2})+$/);

/**
 * `allow`: answers that the clause leaves. Where it is about a resource that may not be
 * there, or not for everybody, the answers that say so are among them.
 * Those of the `base`: rules of RFC 7252 about the form of a message, and valid messages that must not be rejected.
 */
const vectorSchema = z.strictObject({
  id: z.string(),
  /** `upload`: put the path of a resource that takes bodies in place of `example_data`. */
  fill: z.enum(["as-is", "upload"]),
  /** One datagram, or several from one socket, of which the answer to the last one counts. */
  send: z.union([hex, z.array(hex).min(2)]),
  allow: z.array(z.string().regex(/^(silent|rst|any|\d\.(\d\d|xx))$/)).min(1),
  clause: z.string(),
  what: z.string(),
  base: z.boolean(),
});
type Vector = z.output<typeof vectorSchema>;

const vectors: readonly Vector[] = z.array(vectorSchema).parse(table);

const parameters = z.strictObject({
  vectors: z
    .union([z.enum(["base", "all"]), z.array(z.enum(vectors.map((vector) => vector.id))).min(1)])
    .default("base")
    .describe("which datagrams to send: base, all, or a list of their ids"),
  window: duration({ atLeast: "50ms", atMost: "5s" })
    .prefault("500ms")
    .describe("how long an answer is waited for; nothing in that time is silence"),
});

export const malformedMessages = defineAttack({
  id,
  title: "Send datagrams that break the rules of CoAP",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `Sends ${vectors.filter(({ base }) => base).length} datagrams from ${vectors.length} (parameter vectors: base, all, or ids), each from a fresh socket, ${batchSize} at a time; after each
such batch an honest request must be answered. The base is about the form of a message in RFC 7252: version, token length, codes, option
lengths and numbers, the payload marker, critical options; with some valid messages that must not be rejected. "all" adds lengths and
repetitions of single options, block-wise transfer, Observe and OSCORE. Sound servers fail some of "all": libcoap 4.3.1 answers 2.05 where Accept
comes twice. Where a clause lets a receiver reject a NON with RST or without a word, both are right; whether a CON may be
left without an answer, too, depends on the clause. An answer that was due is asked for twice.
malformed-messages-are-rejected fails where one was answered otherwise than its clause allows, be it that it was carried out, that it was
rejected by the wrong code, or that something was answered that must be ignored.
malformed-messages-are-survived fails where nobody is answered any more after a batch, and names it.`,
  references: {
    cwe: ["CWE-20", "CWE-125", "CWE-248", "CWE-787", "CWE-1284", "CWE-1286"],
    cve: ["CVE-2018-12679", "CVE-2018-12680", "CVE-2019-9004", "CVE-2023-30362", "CVE-2023-35862"],
    attack: ["T1499.004", "T0866"],
    owasp: ["I5"],
    clauses: ["RFC 7252 §3", "RFC 7252 §4.2", "RFC 7252 §5.4", "RFC 7959 §2"],
    cases: ["CO-PAR"],
  },
  parameters,
  needs: [],
  strains: true,
  atMostMs: (given) => vectorsAtMostMs(chosenOf(given.vectors).length, given.window) + 25_000,

  control: (bench, ground) => expectPlainServed(bench, ground, "before anything was sent"),

  launch: (bench, ground, given) =>
    sendVectors(bench, ground, chosenOf(given.vectors).map(filled(ground)), given.window),

  recovery: (bench, ground) => expectPlainServed(bench, ground, "after the datagrams"),

  checks: [
    {
      id: "malformed-messages-are-survived",
      asks: "Does the server go on serving others while somebody sends it malformed datagrams?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Update the CoAP library; report the datagrams named here to its makers if the newest version still dies of them. Then run this again with just these: vectors: [their ids].",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeVectorSurvival(launch, record)),
    },
    {
      id: "malformed-messages-are-rejected",
      asks: "Is every malformed datagram rejected as CoAP demands?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Use a CoAP library, or a setting of it, that checks version, lengths, codes and critical options before it acts on a message. Then run this again: each datagram named here must get the answer that its clause allows.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeVectorAnswers),
    },
  ],
  twins: [
    {
      kills: "malformed-messages-are-survived",
      loosen: { where: "coap-server", knob: "plantedFault", value: "crash" },
      parameters: { window: "100ms" },
    },
    {
      kills: "malformed-messages-are-rejected",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
      parameters: { window: "100ms" },
    },
  ],
});

function chosenOf(asked: z.output<typeof parameters>["vectors"]): readonly Vector[] {
  if (asked === "all") return vectors;
  if (asked === "base") return vectors.filter(({ base }) => base);
  return vectors.filter((vector) => asked.includes(vector.id));
}

const examplePath = uriPath("example_data");

function filled({ resources }: Ground) {
  return ({ send, fill, id: name, what, clause, allow }: Vector): MessageVector => {
    const bytes = [send].flat().map((one) => Buffer.from(one, "hex"));
    const datagrams = fill === "upload" ? bytes.map((one) => withPath(one, resources?.upload)) : bytes;
    return { id: name, what, clause, allow, datagrams };
  };
}

function withPath(bytes: Buffer, path: string | undefined): Buffer {
  const at = bytes.indexOf(examplePath);
  if (path === undefined || at < 0) return bytes;
  return Buffer.concat([bytes.subarray(0, at), uriPath(path), bytes.subarray(at + examplePath.length)]);
}

/** The options as they stand on the wire where they are the first of a message. */
function uriPath(path: string): Buffer {
  const nothing = Buffer.alloc(0);
  const message = { type: 0, code: 0, messageId: 0, token: nothing, payload: nothing } as const;
  return encode({ ...message, options: pathOptions(path) }).subarray(4);
}
