import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { bodyOf, isTaken, readBody, requestTag, sendBlock, wordOf } from "./parts/upload-blocks.ts";
import { expectUploads, noteNoUpload, noUploadIn, openUploadStage, uploadWithinMs } from "./parts/upload-stage.ts";

const id = "coap.abandoned-upload";

export const abandonedUpload = defineAttack({
  id,
  title: "Begin an upload, go away, and come back much later",
  speaks: "coap",
  severity: "low",
  layer: "application",
  explains: `A client with every right begins an upload of two blocks, does nothing for 31 s (parameter forgottenWithin), and then sends the second block.
RFC 7959 §2.5 lets a server forget a body that does not go on; RFC 7252 has nothing that lives longer than EXCHANGE_LIFETIME, 247 s.
abandoned-uploads-are-forgotten fails where the body is then there as it was sent, and passes where the second block was refused, or something else is there.
It takes as long as it says. The control: an ordinary upload of two blocks.`,
  references: {
    cwe: ["CWE-400", "CWE-772"],
    attack: ["T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7959 §2.5", "RFC 7959 §7.1"],
    cases: ["CO-BLK-01"],
  },
  parameters: z.strictObject({
    forgottenWithin: duration({ atLeast: "100ms", atMost: "300s" })
      .prefault("31s")
      .describe("when an upload that does not go on must be forgotten"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ forgottenWithin }) => forgottenWithin + 30_000,

  control: (bench, ground) => expectUploads(bench, ground),

  async launch(bench, ground, { forgottenWithin }) {
    await using stage = await openUploadStage(bench, ground);
    if (stage === undefined) return noteNoUpload(bench);
    const { rightful, asker, path } = stage;
    const [first = "", second = ""] = bodyOf("z", 2, 0);
    const same = { szx: 0, options: [requestTag("late")], token: "late" };
    const begun = await sendBlock(
      rightful.probe,
      path,
      { ...same, number: 0, more: true, payload: first },
      uploadWithinMs,
    );
    if (!isTaken(begun)) throw new Error(`the first block was answered ${wordOf(begun)}`);
    await bench.clock.sleep(forgottenWithin, bench.signal);
    bench.signal.throwIfAborted();
    await bench.observe.attempt("late", { afterMs: forgottenWithin }, async (trace) => {
      trace.wire(rightful.probe.reference);
      const last = { ...same, number: 1, more: false, payload: second };
      const answer = await sendBlock(rightful.probe, path, last, uploadWithinMs);
      trace.detail({ answer: wordOf(answer) });
      if (answer === undefined) throw new Error("the last block got no answer");
      if (!isTaken(answer)) throw new Refused(wordOf(answer), `answered ${wordOf(answer)}`);
      const body = await readBody(asker, path, uploadWithinMs);
      if (body === undefined) throw new Error("the body could not be read");
      if (body !== first + second) throw new Refused("lost", "what is there now is not that upload");
    });
  },

  recovery: (bench, ground) => expectUploads(bench, ground),

  checks: [
    {
      id: "abandoned-uploads-are-forgotten",
      asks: "Is an upload forgotten that does not go on?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Forget an upload some time after its last block, EXCHANGE_LIFETIME at most, and answer 4.08 to what comes later. Then run this again: the late block must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "abandoned-uploads-are-forgotten",
      loosen: { where: "coap-server", knob: "uploadTimeoutMs", value: 0 },
      parameters: { forgottenWithin: "500ms" },
      both: { "coap-server": { uploadTimeoutMs: 200 } },
    },
  ],
});

function judge(launch: Launch): Answer {
  const none = noUploadIn(launch);
  if (none !== undefined) return none;
  const [late] = attemptsOf(launch.during.attack, "late");
  if (late === undefined || late.phase === "unknown") {
    const says = "nobody knows whether the upload was forgotten";
    return { verdict: "inconclusive", says, evidence: late === undefined ? [] : [seqOf(late)] };
  }
  const after = `${Number(textOf(late.began.detail, "afterMs")) / 1_000} s after its first block`;
  const evidence = [seqOf(late)];
  if (late.phase === "ok") return { verdict: "fail", says: `an upload could still be finished ${after}`, evidence };
  return { verdict: "pass", says: `an upload was forgotten ${after} (${textOf(foundIn(late), "answer")})`, evidence };
}
