import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { abandonedUpload } from "./abandoned-upload.ts";

const [check] = abandonedUpload.checks;
if (!check) throw new Error(`${abandonedUpload.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(abandonedUpload.id, { attack }));

const late = (phase: "ok" | "refused" | "unknown", answer = "4.08"): Inside => ({
  action: "late",
  phase,
  detail: { afterMs: 31_000 },
  found: { answer },
});

describe("abandoned-uploads-are-forgotten", () => {
  it("passes when the late block was refused", () => {
    const answer = judge(late("refused"));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toBe("an upload was forgotten 31 s after its first block (4.08)");
  });

  it("fails when the upload could still be finished", () => {
    expect(judge(late("ok", "2.04")).verdict).toBe("fail");
  });

  it("does not decide when the late block got no answer, or was never sent", () => {
    expect(judge(late("unknown")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("does not apply where nothing takes a body", () => {
    expect(judge({ action: "no-upload", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(abandonedUpload.id, { ended })).verdict).toBe("inconclusive");
  });
});
