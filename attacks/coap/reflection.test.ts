import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { reflection } from "./reflection.ts";

const [check] = reflection.checks;
if (!check) throw new Error(`${reflection.id} has no check`);

const reflected = (request: string, asked: number, came: readonly number[]): Inside => ({
  action: "reflected",
  phase: "noted",
  detail: { request, asked, came },
});
const judge = (attack: readonly Inside[], ended = {}) => check.judge(threeBeats(reflection.id, { attack, ended }));

describe("strangers-are-sent-little", () => {
  it("passes at Ethernet what is too much at the CoAP layer, and names all three factors", () => {
    const answer = judge([reflected("GET /.well-known/core", 21, [158]), reflected("a ping", 4, [4])]);
    expect(answer).toMatchObject({ verdict: "pass", measure: { kind: "graded", total: 2, survived: 2, lost: 0 } });
    expect(answer.says).toContain("158 bytes for 21, which is 7.52× at the CoAP layer, 3.8× at IP, 2.65× at Ethernet");
  });

  it("takes a short answer to a byte of junk for harmless, eighty times as long though it is", () => {
    expect(judge([reflected("one byte of junk", 1, [136])]).verdict).toBe("pass");
  });

  it("fails where one answer is too long, and names the worst of them", () => {
    const answer = judge([
      reflected("a ping", 4, [4]),
      reflected("GET /log", 8, [1_037]),
      reflected("GET /x", 8, [300]),
    ]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { total: 3, survived: 1, lost: 2 } });
    expect(answer.says).toMatch(/^2 of 3 requests .* GET \/log: 1037 bytes for 8, .* 15\.7× at Ethernet$/);
    expect(answer.evidence).toHaveLength(2);
  });

  it("adds up what is sent again to somebody who acknowledges nothing", () => {
    expect(judge([reflected("GET /a", 8, [40, 40, 40])]).verdict).toBe("fail");
  });

  it("is undecided where nothing was answered at all", () => {
    expect(judge([reflected("a ping", 4, []), reflected("GET /a", 8, [])]).verdict).toBe("inconclusive");
  });

  it("is undecided where the server was not seen serving afterwards", () => {
    expect(judge([reflected("a ping", 4, [4])], { recovery: "unknown" }).verdict).toBe("inconclusive");
  });

  it("is undecided where the control failed, and not tested where nobody attacked", () => {
    expect(judge([], { control: "unknown", attack: "absent", recovery: "absent" }).verdict).toBe("inconclusive");
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
  });
});
