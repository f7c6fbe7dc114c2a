import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { dtlsHello } from "./dtls-hello.ts";

const plain = { how: "without a cookie", kinds: ["hello-verify"], sent: 77, got: 44 };
const ignored = { how: "in fragments", kinds: [] as string[], sent: 110, got: 0 };

function judge(...hellos: readonly (typeof plain)[]) {
  const [check] = dtlsHello.checks;
  const attack = hellos.map((detail) => ({ action: "hello", phase: "noted" as const, detail }));
  return check?.judge(threeBeats(dtlsHello.id, { attack }));
}

describe("handshakes-begin-with-a-cookie", () => {
  it("passes where the plain hello was asked for a cookie, and no other got further", () => {
    expect(judge(plain, ignored)).toMatchObject({ verdict: "pass", trials: { passed: 2 } });
  });

  it("fails where a cookie that nobody gave brought a ServerHello", () => {
    const begun = { how: "with a cookie that nobody gave", kinds: ["server-hello"], sent: 109, got: 134 };
    expect(judge(plain, begun)).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("nobody gave (109 bytes, 134 came back)"),
    });
  });

  it("fails where more than three times as many bytes came back, whatever they say", () => {
    expect(judge({ ...plain, got: 232 })).toMatchObject({
      verdict: "fail",
      says: expect.stringMatching(/^more than 3/),
    });
    expect(judge({ ...plain, got: 231 })?.verdict).toBe("pass");
  });

  it("is undecided where the plain hello got an alert, or nothing", () => {
    expect(judge({ ...plain, kinds: ["alert"] })?.verdict).toBe("inconclusive");
    expect(judge({ ...plain, kinds: [], got: 0 }, ignored)?.verdict).toBe("inconclusive");
    expect(judge()?.verdict).toBe("inconclusive");
  });
});
