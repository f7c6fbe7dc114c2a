import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { blockBytes, blockOption } from "#simulator/coap/block.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { blockField } from "#simulator/coap/fields.ts";
import type { Message } from "#simulator/coap/message.ts";
import { optionNumber, pathOptions } from "#simulator/coap/option.ts";
import type { Probe } from "#simulator/coap/probe.ts";
import { openAsker } from "./parts/access-asker.ts";
import { look } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { exchange, openRightful } from "./parts/message-rightful.ts";
import { wordOf } from "./parts/upload-blocks.ts";

const id = "coap.block-reads";
const answerWithinMs = 2_000;

export const blockReads = defineAttack({
  id,
  title: "Read a resource by blocks in no order, and far behind its end",
  speaks: "coap",
  severity: "low",
  layer: "application",
  explains: `The operator reads a resource that is longer than a block, as clients do; then it asks for single blocks of it in no order and of several
sizes, and for one that lies 60 MB behind the start.
blocks-fit-together fails where a block has other bytes than the resource has there, or where a success comes from behind the end; it passes where
every block fitted and nothing came from there. The control: the operator is served.`,
  references: {
    cwe: ["CWE-125", "CWE-367"],
    owasp: ["I5"],
    clauses: ["RFC 7959 §2.4"],
    cases: ["CO-BLK-05"],
  },
  parameters: z.strictObject({}),
  needs: [],
  strains: false,
  atMostMs: () => 30_000,

  control: (bench, ground) => mustServe(bench, ground, answerWithinMs),
  launch: (bench, ground) => readAtRandom(bench, ground),
  recovery: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  checks: [
    {
      id: "blocks-fit-together",
      asks: "Are blocks that are read in any order the bytes of the resource, and is nothing behind its end?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Cut each block from where it lies in the representation, answer 4.00 to one that lies behind its end, and let the ETag tell when it has changed. Then run this again: all blocks must fit.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeFit),
    },
  ],
  twins: [
    {
      kills: "blocks-fit-together",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
    },
  ],
});

interface Place {
  readonly number: number;
  readonly szx: number;
}

function askBlock(probe: Probe, path: string, { number, szx }: Place): Promise<Message | undefined> {
  const block = blockOption(optionNumber.block2, { number, more: false, szx });
  return exchange(probe, probe.message({ code: code.get, options: [...pathOptions(path), block] }), answerWithinMs);
}

/** Blocks to read, in no order and of several sizes. */
const places: readonly Place[] = [
  { number: 3, szx: 2 },
  { number: 0, szx: 0 },
  { number: 1, szx: 5 },
  { number: 9, szx: 1 },
  { number: 0, szx: 6 },
];
/** 60 MB behind the start. */
const farBehind: Place = { number: 60_000, szx: 6 };

async function readAtRandom(bench: Bench, ground: Ground): Promise<void> {
  const path = ground.resources?.large;
  if (path === undefined) return void bench.observe.note("no-large-resource");
  const { operator } = ground.identities;
  await using asker = await openAsker(bench, ground, "operator", operator);
  await using rightful = await openRightful(bench, ground, operator);
  const whole = await look(asker, path, answerWithinMs);
  if (whole === undefined || !isSuccess(whole.code)) throw new Error(`the operator could not read /${path}`);
  for (const place of [...places, farBehind]) await readBlock(bench, rightful.probe, path, place, whole.payload);
}

/** One attempt: ok where a block does not fit, refused where it does, or where nothing is there and nothing came. */
async function readBlock(bench: Bench, probe: Probe, path: string, place: Place, known: Buffer): Promise<void> {
  const offset = place.number * blockBytes(place.szx);
  await bench.observe.attempt("block", { path, offset, bytes: blockBytes(place.szx) }, async (trace) => {
    trace.wire(probe.reference);
    const answer = await askBlock(probe, path, place);
    trace.detail({ answer: wordOf(answer), length: answer?.payload.length ?? 0 });
    if (answer === undefined) throw new Error("it got no answer");
    if (!isSuccess(answer.code)) {
      if (offset < known.length) throw new Error(`it is there, and was answered ${wordOf(answer)}`);
      throw new Refused(wordOf(answer), "nothing is there");
    }
    if (fits(answer, offset, known)) throw new Refused("fits", "it has the bytes that are there");
  });
}

/** Whether the bytes lie where was asked for; the server may give a smaller block (RFC 7959 §2.3). */
function fits({ options, payload }: Message, offset: number, known: Buffer): boolean {
  if (offset >= known.length) return false;
  const given = blockField(options, optionNumber.block2);
  if (given === undefined) return offset === 0 && known.equals(payload);
  const size = blockBytes(given.szx);
  return given.number * size === offset && known.subarray(offset, offset + size).equals(payload);
}

function judgeFit({ during: { attack } }: Launch): Answer {
  const none = notesOf(attack, "no-large-resource");
  if (none.length > 0) {
    const says = "no resource is known that is longer than a block";
    return { verdict: "not-applicable", says, evidence: none.map(({ seq }) => seq) };
  }
  const tries = attemptsOf(attack, "block");
  const wrong = tries.filter(({ phase }) => phase === "ok");
  const right = tries.filter(({ phase }) => phase === "refused");
  const trials = { planned: places.length + 1, run: tries.length, passed: right.length };
  if (wrong.length > 0) {
    const which = wrong.map(
      (one) => `${textOf(one.began.detail, "bytes")} bytes at ${textOf(one.began.detail, "offset")}`,
    );
    const says = `${wrong.length} of ${tries.length} blocks were not what the resource has there: ${which.join(", ")}`;
    return { verdict: "fail", says, evidence: wrong.map(seqOf), trials };
  }
  if (right.length <= places.length) {
    const says = `only ${right.length} of ${places.length + 1} blocks were answered as they can be judged`;
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  const says = `${places.length} blocks in no order fitted, and nothing came from behind the end`;
  return { verdict: "pass", says, evidence: right.map(seqOf), trials };
}
