import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { numberOf, textOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { blockBytes, greatestSzx } from "#simulator/coap/block.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { paceFor } from "./parts/pace.ts";
import { isTaken, requestTag, sendBlock, wordOf } from "./parts/upload-blocks.ts";
import {
  expectUploads,
  noteNoUpload,
  noUploadIn,
  openUploadStage,
  type UploadStage,
  uploadWithinMs,
} from "./parts/upload-stage.ts";

const id = "coap.oversized-upload";
/** Size1 has four bytes at most (RFC 7959 §4). */
const announcedBytes = 0xffff_ffff;
const longestMs = 20_000;

export const oversizedUpload = defineAttack({
  id,
  title: "Announce an upload of four gigabytes, and begin it",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `A client with every right announces a body of 4 GiB by Size1, and sends its first block of 1,024 bytes. A server may refuse that by 4.13 at
once, or take Size1 for a mere word; then it gets one block after the other, up to 2 MiB, never faster than the scope allows and for 20 s at
most. The last block is never sent, so that nothing is stored.
upload-size-is-limited fails where the server took all of that, and passes where it refused at some point, by whatever code, and still
takes an ordinary upload afterwards.`,
  references: {
    cwe: ["CWE-400", "CWE-770", "CWE-789", "CWE-1284"],
    attack: ["T1499.003", "T1499.004"],
    owasp: ["I2", "I5"],
    clauses: ["RFC 7959 §2.9.3", "RFC 7959 §4", "RFC 7959 §7"],
    cases: ["CO-BLK-01", "CO-BLK-06"],
  },
  parameters: z.strictObject({
    kibibytes: count({ atLeast: 16, atMost: 65_536 }).default(2_048).describe("KiB to send, a block for each"),
  }),
  needs: [],
  strains: true,
  atMostMs: () => longestMs + 30_000,

  control: (bench, ground) => expectUploads(bench, ground),

  async launch(bench, ground, { kibibytes }) {
    await using stage = await openUploadStage(bench, ground);
    if (stage === undefined) return noteNoUpload(bench);
    await pour(bench, ground, stage, kibibytes);
  },

  recovery: (bench, ground) => expectUploads(bench, ground),

  checks: [
    {
      id: "upload-size-is-limited",
      asks: "Does the server refuse an upload that is larger than it can take?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Answer 4.13 with Size1 to a body that is, or says that it will be, longer than there is room for, before memory is laid by for it. Then run this again: the upload must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "upload-size-is-limited",
      loosen: { where: "coap-server", knob: "maxBodyBytes", value: 0 },
      parameters: { kibibytes: 64 },
    },
  ],
});

async function pour(bench: Bench, { at }: Ground, { rightful, path }: UploadStage, blocks: number): Promise<void> {
  const payload = "s".repeat(blockBytes(greatestSzx));
  const options = [option(optionNumber.size1, announcedBytes), requestTag("4GiB")];
  const endsAtMs = bench.clock.nowMs() + longestMs;
  const turn = paceFor(bench, at);
  let taken = 0;
  let answered = "";
  while (taken < blocks && bench.clock.nowMs() < endsAtMs && !bench.signal.aborted) {
    await turn();
    const block = { number: taken, more: true, szx: greatestSzx, payload, options, token: "4GiB" };
    const answer = await sendBlock(rightful.probe, path, block, uploadWithinMs);
    answered = wordOf(answer);
    if (!isTaken(answer)) break;
    taken += 1;
  }
  const detail = { planned: blocks, taken, bytes: taken * payload.length, answered };
  bench.observe.note("poured", detail, rightful.probe.reference);
}

function judge(launch: Launch): Answer {
  const none = noUploadIn(launch);
  if (none !== undefined) return none;
  const [poured] = notesOf(launch.during.attack, "poured");
  const evidence = poured === undefined ? [] : [poured.seq];
  const [planned = 0, taken = 0] = ["planned", "taken"].map((key) => numberOf(poured?.detail, key));
  const answered = textOf(poured?.detail, "answered");
  const much = `${textOf(poured?.detail, "bytes")} bytes of an upload that was announced as 4 GiB were taken`;
  if (planned > 0 && taken >= planned) {
    return { verdict: "fail", says: `${much}: there is no limit in sight`, evidence };
  }
  if (poured === undefined || answered.startsWith("2") || answered === "silent" || answered === "4.29") {
    const says = poured === undefined ? "nothing was uploaded" : `${much}, then the answer was ${answered}`;
    return { verdict: "inconclusive", says, evidence };
  }
  return { verdict: "pass", says: `${much}, then it was refused (${answered})`, evidence };
}
