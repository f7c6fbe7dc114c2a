import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { blockBytes } from "#simulator/coap/block.ts";
import { code } from "#simulator/coap/code.ts";
import { isTaken, readBody, type SentBlock, sendBlock, wordOf } from "./parts/upload-blocks.ts";
import { type UploadSequence, uploadSequences } from "./parts/upload-sequences.ts";
import {
  expectUploads,
  judgeUploads,
  noteNoUpload,
  noUploadIn,
  openUploadStage,
  type UploadStage,
  uploadWithinMs,
} from "./parts/upload-stage.ts";

const id = "coap.upload-order";

/** Offsets of about 1 GiB, and of 70 MB. */
const high: readonly SentBlock[] = [
  { number: 0xfffff, more: true, szx: 6, payload: "h".repeat(blockBytes(6)), token: "high" },
  { number: 0xfffff, more: false, szx: 6, payload: "h", token: "high-end" },
  { number: 70_000, more: true, szx: 6, payload: "h".repeat(blockBytes(6)), token: "high" },
];

export const uploadOrder = defineAttack({
  id,
  title: "Upload blocks out of order, twice, overlapping, or from far behind",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `A client with every right puts bodies of two or three small blocks: in order, with a block twice as retransmission brings it,
with a gap, swapped, without the first, with other content in between, overlapping, and with a block that is too short. Before each
it puts a body of one block that must still be there where the other was not taken; after each it reads what is there.
uploads-are-put-together-right fails where something is stored that nobody sent as a whole, and passes where each body is stored as
it was sent or not at all. Where the body cannot be read again, the answer to the last block decides.
Then it begins uploads with block 1,048,575 and 70,000, a gigabyte and 70 MB behind the start. high-first-blocks-are-refused fails where
the server goes on with one, and passes where each is refused, by whatever code.`,
  references: {
    cwe: ["CWE-130", "CWE-367", "CWE-789", "CWE-1284"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 7959 §2.3", "RFC 7959 §2.5", "RFC 7959 §2.9.2", "RFC 7959 §7"],
    cases: ["CO-BLK-02", "CO-BLK-03"],
  },
  parameters: z.strictObject({}),
  needs: [],
  strains: false,
  atMostMs: () => 60_000,

  control: (bench, ground) => expectUploads(bench, ground),

  async launch(bench, ground) {
    await using stage = await openUploadStage(bench, ground);
    if (stage === undefined) return noteNoUpload(bench);
    for (const sequence of uploadSequences) await trySequence(bench, stage, sequence);
    for (const block of high) await tryHigh(bench, stage, block);
  },

  recovery: (bench, ground) => expectUploads(bench, ground),

  checks: [
    {
      id: "uploads-are-put-together-right",
      asks: "Is an upload stored only as somebody sent it, never pieced together from blocks that do not belong together?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Take blocks of an upload in order and of one size, answer 4.08 to a gap or overlap and 4.00 to a block of the wrong length, and act on a body only when it is whole. Then run this again: no body may be stored that nobody sent.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSequences),
    },
    {
      id: "high-first-blocks-are-refused",
      asks: "Does the server refuse an upload that begins far behind its start?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Answer 4.08 to a block whose predecessors are not there, before memory is laid by for it. Then run this again: each must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeHigh),
    },
  ],
  twins: [
    {
      kills: "uploads-are-put-together-right",
      loosen: { where: "coap-server", knob: "blockOrder", value: "lenient" },
    },
    {
      kills: "high-first-blocks-are-refused",
      loosen: { where: "coap-server", knob: "blockOrder", value: "lenient" },
    },
  ],
});

/** One attempt: ok where something was stored that nobody sent, refused where it was not. */
async function trySequence(
  bench: Bench,
  stage: UploadStage,
  { id: name, what, blocks, bodies }: UploadSequence,
): Promise<void> {
  const before = `before ${name}`;
  await bench.observe.attempt("sequence", { id: name, what }, async (trace) => {
    const { asker, path, rightful } = stage;
    trace.wire(rightful.probe.reference);
    await asker.ask({ code: code.put, path, payload: before }, uploadWithinMs);
    const answers: string[] = [];
    let isAccepted = false;
    for (const block of blocks) {
      const answer = await sendBlock(rightful.probe, path, { ...block, token: name.slice(0, 8) }, uploadWithinMs);
      answers.push(wordOf(answer));
      isAccepted = isTaken(answer);
    }
    const body = await readBody(asker, path, uploadWithinMs);
    bench.signal.throwIfAborted();
    const stored =
      body === undefined ? "unreadable" : body === before ? "nothing" : bodies.includes(body) ? "as sent" : "mixed";
    trace.detail({ answers, stored, ...(stored === "mixed" && { body: body?.slice(0, 100) ?? "" }) });
    if (stored === "mixed" || (stored === "unreadable" && isAccepted && bodies.length === 0)) return;
    if (answers.includes("silent")) throw new Error("a block got no answer");
    throw new Refused(answers.at(-1) ?? "", `stored: ${stored}`);
  });
}

async function tryHigh(bench: Bench, { rightful, path }: UploadStage, block: SentBlock): Promise<void> {
  await bench.observe.attempt("high", { number: block.number, more: block.more }, async (trace) => {
    trace.wire(rightful.probe.reference);
    const answer = await sendBlock(rightful.probe, path, block, uploadWithinMs);
    trace.detail({ answer: wordOf(answer) });
    if (answer === undefined) throw new Error("it got no answer");
    if (!isTaken(answer)) throw new Refused(wordOf(answer), `refused by ${wordOf(answer)}`);
  });
}

function judgeSequences(launch: Launch): Answer {
  const tries = attemptsOf(launch.during.attack, "sequence");
  return (
    noUploadIn(launch) ??
    judgeUploads(tries, uploadSequences.length, {
      fail: (bad) =>
        `${bad.length} of ${tries.length} uploads left something that nobody had sent: ${bad.map(sequenceInWords).join("; ")}`,
      pass: `each of ${tries.length} uploads was stored as it was sent, or not at all`,
    })
  );
}

function judgeHigh(launch: Launch): Answer {
  const tries = attemptsOf(launch.during.attack, "high");
  return (
    noUploadIn(launch) ??
    judgeUploads(tries, high.length, {
      fail: (bad) =>
        `the server went on with ${bad.length} of ${tries.length} uploads that began far behind: ${bad.map(highInWords).join("; ")}`,
      pass: `each of ${tries.length} uploads that began far behind its start was refused`,
    })
  );
}

function sequenceInWords(one: Attempted): string {
  return `${textOf(one.began.detail, "what")} (answered ${textOf(foundIn(one), "answers")})`;
}

function highInWords(one: Attempted): string {
  return `block ${textOf(one.began.detail, "number")} (answered ${textOf(foundIn(one), "answer")})`;
}
