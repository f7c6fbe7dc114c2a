import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { blockBytes, greatestSzx } from "#simulator/coap/block.ts";
import type { Message } from "#simulator/coap/message.ts";
import { goesSecurely, openRightful } from "./parts/message-rightful.ts";
import { hasOwnAddresses, ownedHost } from "./parts/owned-host.ts";
import { paceFor } from "./parts/pace.ts";
import { bodyOf, isTaken, readBody, requestTag, sendBlock, wordOf } from "./parts/upload-blocks.ts";
import {
  expectUploads,
  noteNoUpload,
  noUploadIn,
  openUploadStage,
  type UploadStage,
  uploadWithinMs,
} from "./parts/upload-stage.ts";

const id = "coap.upload-exhaustion";
const blockWithinMs = 500;
/** A server that answers so many in a row not at all takes no more of them. */
const stalledAfter = 3;

export const uploadExhaustion = defineAttack({
  id,
  title: "Begin many uploads and finish none",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `A client with every right begins 100 uploads of the same resource, each with a first block of 1,024 bytes, more to come, and a Request-Tag of
its own; it goes on with none. Then another client, with another identity or from another address, puts a body of two blocks. At last the very
first upload is finished and read: that tells whether it was really kept beside all the others.
unfinished-uploads-are-limited fails where all were begun and the first one was still there, and where the other client was refused. It passes where
the server refused some (4.13, 5.03, 4.08 …), answered some no more, or had forgotten the first.
The control: an ordinary upload of two blocks.`,
  references: {
    cwe: ["CWE-400", "CWE-770"],
    attack: ["T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7959 §7.1", "RFC 9175 §3"],
    cases: ["CO-BLK-01"],
  },
  parameters: z.strictObject({
    uploads: count({ atLeast: 10, atMost: 5_000 }).default(100).describe("uploads to begin"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ uploads }) => uploads * 40 + 40_000,

  control: (bench, ground) => expectUploads(bench, ground),

  async launch(bench, ground, { uploads }) {
    await using stage = await openUploadStage(bench, ground, ownedHost(ground.at, 0));
    if (stage === undefined) return noteNoUpload(bench);
    const begun = await beginMany(bench, ground, stage, uploads);
    await uploadHonestly(bench, ground, stage.path);
    await finishFirst(bench, stage);
    for (const n of begun) await end(stage, n);
  },

  recovery: (bench, ground) => expectUploads(bench, ground),

  checks: [
    {
      id: "unfinished-uploads-are-limited",
      asks: "Does the server limit the uploads that were begun and not finished, and take those of others meanwhile?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit unfinished uploads for each client and in all, refuse more by 5.03 or 4.13 or forget the oldest, and let none live longer than EXCHANGE_LIFETIME. Then run this again: not all may be kept, and the other client must be served.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "unfinished-uploads-are-limited",
      loosen: { where: "coap-server", knob: "maxUploads", value: 0 },
      parameters: { uploads: 100 },
    },
  ],
});

function blocksOf(n: number): readonly string[] {
  return bodyOf(`u${n}.`, 2, greatestSzx);
}

function begin({ rightful, path }: UploadStage, n: number): Promise<Message | undefined> {
  const first = {
    number: 0,
    more: true,
    szx: greatestSzx,
    payload: blocksOf(n)[0] ?? "",
    options: [requestTag(`u${n}`)],
    token: `u${n}`,
  };
  return sendBlock(rightful.probe, path, first, blockWithinMs);
}

async function beginMany(
  bench: Bench,
  { at }: Ground,
  stage: UploadStage,
  planned: number,
): Promise<readonly number[]> {
  const begun: number[] = [];
  const refusals = new Set<string>();
  const counts = { begun: 0, refused: 0, unanswered: 0 };
  const turn = paceFor(bench, at);
  let stalled = 0;
  for (let n = 0; n < planned && stalled < stalledAfter && !bench.signal.aborted; n += 1) {
    await turn();
    const answer = await begin(stage, n);
    stalled = answer === undefined ? stalled + 1 : 0;
    counts[answer === undefined ? "unanswered" : isTaken(answer) ? "begun" : "refused"] += 1;
    if (isTaken(answer)) begun.push(n);
    else if (answer !== undefined) refusals.add(wordOf(answer));
  }
  const bytes = counts.begun * blockBytes(greatestSzx);
  const detail = { planned, ...counts, bytes, refusals: [...refusals].join(", ") };
  bench.observe.note("begun", detail, stage.rightful.probe.reference);
  return begun;
}

/** Replaces an upload by a body of one block, so that the server need not keep it until it is tired of it. */
async function end({ rightful, path }: UploadStage, n: number): Promise<void> {
  const whole = {
    number: 0,
    more: false,
    szx: greatestSzx,
    payload: "",
    options: [requestTag(`u${n}`)],
    token: `u${n}`,
  };
  await sendBlock(rightful.probe, path, whole, blockWithinMs);
}

/** One attempt of another client; whether it is one that a limit for each client tells apart stands with it. */
async function uploadHonestly(bench: Bench, ground: Ground, path: string): Promise<void> {
  const { victim, operator } = ground.identities;
  const other = victim ?? operator;
  const isOther = goesSecurely(ground, other) ? victim !== undefined : hasOwnAddresses(ground.at);
  await bench.observe.attempt("honest", { isOther }, async (trace) => {
    await using honest = await openRightful(bench, ground, other);
    trace.wire(honest.probe.reference);
    const [first = "", second = ""] = bodyOf("h", 2, 0);
    for (const [number, payload] of [first, second].entries()) {
      const answer = await sendBlock(
        honest.probe,
        path,
        { number, more: number === 0, szx: 0, payload, token: "honest" },
        uploadWithinMs,
      );
      if (answer === undefined) throw new Error("a block got no answer");
      if (!isTaken(answer)) throw new Refused(wordOf(answer), `block ${number} was answered ${wordOf(answer)}`);
    }
  });
}

/** One attempt: ok where the first upload was kept, refused where it was not. */
async function finishFirst(bench: Bench, { rightful, asker, path }: UploadStage): Promise<void> {
  await bench.observe.attempt("finish", { upload: 0 }, async (trace) => {
    trace.wire(rightful.probe.reference);
    const [first = "", second = ""] = blocksOf(0);
    const last = {
      number: 1,
      more: false,
      szx: greatestSzx,
      payload: second,
      options: [requestTag("u0")],
      token: "u0",
    };
    const answer = await sendBlock(rightful.probe, path, last, uploadWithinMs);
    trace.detail({ answer: wordOf(answer) });
    if (answer === undefined) throw new Error("the last block got no answer");
    if (!isTaken(answer)) throw new Refused(wordOf(answer), `answered ${wordOf(answer)}`);
    if ((await readBody(asker, path, uploadWithinMs)) === first + second) return;
    throw new Refused("lost", "what is there now is not that upload");
  });
}

function judge(launch: Launch): Answer {
  const { attack } = launch.during;
  const [begun] = notesOf(attack, "begun");
  const [finish] = attemptsOf(attack, "finish");
  const [honest] = attemptsOf(attack, "honest");
  const evidence = [
    ...(begun ? [begun.seq] : []),
    ...(finish ? [seqOf(finish)] : []),
    ...(honest ? [seqOf(honest)] : []),
  ];
  const [planned = 0, many = 0] = ["planned", "begun"].map((key) => numberOf(begun?.detail, key));
  const trials = { planned, run: planned, passed: planned - many };
  const much = `${many} of ${planned} uploads that nobody finished were begun (${textOf(begun?.detail, "bytes")} bytes)`;
  const none = noUploadIn(launch);
  if (none !== undefined) return none;
  if (planned > 0 && many === planned && finish?.phase === "ok") {
    return {
      verdict: "fail",
      says: `${much}, and the first was still kept: there is no limit in sight`,
      evidence,
      trials,
    };
  }
  if (honest?.phase === "refused" && fieldOf(honest.began.detail, "isOther") === true) {
    const says = `${much}, and another client's upload was refused meanwhile (${honest.ended?.error?.code ?? ""})`;
    return { verdict: "fail", says, evidence, trials };
  }
  if (many === 0 || finish === undefined || (many === planned && finish.phase === "unknown")) {
    return { verdict: "inconclusive", says: `${much}; nobody knows of a limit`, evidence, trials };
  }
  if (honest?.phase !== "ok") {
    return {
      verdict: "inconclusive",
      says: `${much}; another client's upload did not come to its end`,
      evidence,
      trials,
    };
  }
  const refusals = textOf(begun?.detail, "refusals");
  const rest =
    many < planned ? `the others were refused (${refusals === "" ? "silence" : refusals})` : "the first was forgotten";
  return { verdict: "pass", says: `${much}, ${rest}; another client's upload went through`, evidence, trials };
}
