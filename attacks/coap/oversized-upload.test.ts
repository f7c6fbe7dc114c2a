import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { oversizedUpload } from "./oversized-upload.ts";

const [check] = oversizedUpload.checks;
if (!check) throw new Error(`${oversizedUpload.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(oversizedUpload.id, { attack }));

const poured = (taken: number, answered: string): Inside => ({
  action: "poured",
  phase: "noted",
  detail: { planned: 2_048, taken, bytes: taken * 1_024, answered },
});

describe("upload-size-is-limited", () => {
  it("passes when the announcement was refused at once", () => {
    expect(judge(poured(0, "4.13")).verdict).toBe("pass");
  });

  it("passes when it was refused on the way, and says how far it had got", () => {
    const answer = judge(poured(64, "4.08"));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("65536 bytes");
  });

  it("fails when all of it was taken", () => {
    expect(judge(poured(2_048, "2.31")).verdict).toBe("fail");
  });

  it.each(["silent", "4.29", "2.31"])("does not take it for a limit that the last answer was %s", (answered) => {
    expect(judge(poured(300, answered)).verdict).toBe("inconclusive");
  });

  it("does not decide when nothing was uploaded, nor apply where nothing takes a body", () => {
    expect(judge().verdict).toBe("inconclusive");
    expect(judge({ action: "no-upload", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(oversizedUpload.id, { ended })).verdict).toBe("inconclusive");
  });
});
