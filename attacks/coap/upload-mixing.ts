import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { code } from "#simulator/coap/code.ts";
import type { Probe } from "#simulator/coap/probe.ts";
import { openRightful } from "./parts/message-rightful.ts";
import { bodyOf, readBody, requestTag, type SentBlock, sendBlock, wordOf } from "./parts/upload-blocks.ts";
import {
  expectUploads,
  judgeUploads,
  noteNoUpload,
  noUploadIn,
  openUploadStage,
  type UploadStage,
  uploadWithinMs,
} from "./parts/upload-stage.ts";

const id = "coap.upload-mixing";

const x = bodyOf("x", 2, 0);
const y = bodyOf("y", 2, 0);

/** Block `number` of body x or y, sent by the first or the second endpoint. */
interface Turn {
  readonly by: "first" | "second";
  readonly of: "x" | "y";
  readonly number: 0 | 1;
  /** Request-Tag: which operation of that endpoint it belongs to. */
  readonly tag?: string;
}

interface Interleaving {
  readonly id: string;
  readonly what: string;
  readonly turns: readonly Turn[];
}

/** RFC 7959 §2.5: an upload belongs to an endpoint and a resource; RFC 9175 §3: and to a Request-Tag. */
const interleavings: readonly Interleaving[] = [
  {
    id: "finished-by-another",
    what: "a body begun by one client and finished by another",
    turns: [
      { by: "first", of: "x", number: 0 },
      { by: "second", of: "y", number: 1 },
    ],
  },
  {
    id: "in-turns",
    what: "two bodies of two clients in turns",
    turns: [
      { by: "first", of: "x", number: 0 },
      { by: "second", of: "y", number: 0 },
      { by: "first", of: "x", number: 1 },
      { by: "second", of: "y", number: 1 },
    ],
  },
  {
    id: "other-tag",
    what: "two bodies of one client with different Request-Tags",
    turns: [
      { by: "first", of: "x", number: 0, tag: "op-x" },
      { by: "first", of: "y", number: 1, tag: "op-y" },
    ],
  },
];

export const uploadMixing = defineAttack({
  id,
  title: "Finish the upload that another client has begun",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `Two sockets of a client with every right put bodies of two blocks to the same resource: the second sends the last block to a body
that the first has begun; both send their blocks in turns; and one socket mixes two operations that it tells apart by Request-Tag
(RFC 9175 §3). Before each a body of one block is put there, and after every block that ends a body it is read.
bodies-of-different-uploads-do-not-mix fails where a body was stored that has blocks of both, and passes where each was stored as one of the two, or not
at all. It needs a resource whose body can be read. The control: an ordinary upload of two blocks.`,
  references: {
    cwe: ["CWE-362", "CWE-345"],
    attack: ["T0831"],
    owasp: ["I3"],
    clauses: ["RFC 7959 §2.5", "RFC 9175 §3"],
    cases: ["CO-BLK-04"],
  },
  parameters: z.strictObject({}),
  needs: [],
  strains: false,
  atMostMs: () => 60_000,

  control: (bench, ground) => expectUploads(bench, ground),

  async launch(bench, ground) {
    await using stage = await openUploadStage(bench, ground);
    if (stage === undefined) return noteNoUpload(bench);
    for (const interleaving of interleavings) await interleave(bench, ground, stage, interleaving);
  },

  recovery: (bench, ground) => expectUploads(bench, ground),

  checks: [
    {
      id: "bodies-of-different-uploads-do-not-mix",
      asks: "Does the server keep the uploads of different clients and operations apart?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Keep an upload under its endpoint, its resource and its Request-Tag, and answer 4.08 to a block that goes on with none. Then run this again: no body may have blocks of two uploads.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeMixing),
    },
  ],
  twins: [
    {
      kills: "bodies-of-different-uploads-do-not-mix",
      loosen: { where: "coap-server", knob: "uploadKey", value: "path" },
    },
  ],
});

/** One attempt: ok where a body of both was stored, refused where it was not. */
async function interleave(
  bench: Bench,
  ground: Ground,
  { rightful, asker, path }: UploadStage,
  { id: name, what, turns }: Interleaving,
): Promise<void> {
  await using other = await openRightful(bench, ground, ground.identities.operator);
  const before = `before ${name}`;
  await bench.observe.attempt("interleaving", { id: name, what }, async (trace) => {
    trace.wire(rightful.probe.reference);
    await asker.ask({ code: code.put, path, payload: before }, uploadWithinMs);
    const answers: string[] = [];
    const bodies: (string | undefined)[] = [];
    for (const turn of turns) {
      const probe = turn.by === "first" ? rightful.probe : other.probe;
      answers.push(await take(probe, path, turn));
      if (turn.number === 1) bodies.push(await readBody(asker, path, uploadWithinMs));
    }
    const mixed = bodies.find((body) => body !== undefined && ![before, x.join(""), y.join("")].includes(body));
    trace.detail({ answers, ...(mixed !== undefined && { body: mixed }) });
    if (mixed !== undefined) return;
    if (answers.includes("silent")) throw new Error("a block got no answer");
    if (bodies.includes(undefined)) throw new Error("the body could not be read");
    throw new Refused(answers.at(-1) ?? "", "nothing was mixed");
  });
}

async function take(probe: Probe, path: string, { of, number, tag }: Turn): Promise<string> {
  const payload = (of === "x" ? x : y)[number] ?? "";
  const options = tag === undefined ? [] : [requestTag(tag)];
  // Tokens of different endpoints have nothing to do with one another, so both may use the same (RFC 7252 §5.3.1).
  const token = tag ?? "same";
  const block: SentBlock = { number, more: number === 0, szx: 0, payload, options, token };
  return wordOf(await sendBlock(probe, path, block, uploadWithinMs));
}

function judgeMixing(launch: Launch): Answer {
  const tries = attemptsOf(launch.during.attack, "interleaving");
  const answer = judgeUploads(tries, interleavings.length, {
    fail: (bad) => `blocks of two uploads were stored as one body: ${bad.map(inWords).join("; ")}`,
    pass: `in ${tries.length} of ${tries.length} tries no body had blocks of two uploads`,
  });
  return noUploadIn(launch) ?? answer;
}

function inWords(one: Attempted): string {
  return `${textOf(one.began.detail, "what")} (answered ${textOf(foundIn(one), "answers")})`;
}
