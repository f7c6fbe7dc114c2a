import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { dtlsSuites } from "./dtls-suites.ts";

function judge(id: string, offer: string, ending: Pick<Inside, "phase" | "code" | "found">) {
  const check = dtlsSuites.checks.find((one) => one.id === id);
  return check?.judge(threeBeats(dtlsSuites.id, { attack: [{ action: "offer", detail: { offer }, ...ending }] }));
}

describe.each([
  ["records-are-always-encrypted", "null"],
  ["only-aead-suites-are-taken", "cbc"],
  ["dtls-1-0-is-refused", "1.0"],
])("%s", (id, offer) => {
  it("fails where a request was answered in such a session", () => {
    const answer = judge(id, offer, { phase: "ok", found: { suite: "PSK_WITH_NULL_SHA" } });
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringContaining("(PSK_WITH_NULL_SHA)") });
  });

  it("passes where the offer was refused for its version", () => {
    expect(judge(id, offer, { phase: "refused", code: "alert 70" })?.verdict).toBe("pass");
  });

  it("is undecided where nothing certain was heard, or something else was offered", () => {
    expect(judge(id, offer, { phase: "unknown" })?.verdict).toBe("inconclusive");
    expect(judge(id, "another", { phase: "ok" })?.verdict).toBe("inconclusive");
  });
});

it("takes an alert about suites as an answer about suites, and none about versions", () => {
  expect(judge("records-are-always-encrypted", "null", { phase: "refused", code: "alert 40" })?.verdict).toBe("pass");
  expect(judge("dtls-1-0-is-refused", "1.0", { phase: "refused", code: "alert 40" })).toMatchObject({
    verdict: "inconclusive",
    says: expect.stringContaining("may be about the suites"),
  });
});
