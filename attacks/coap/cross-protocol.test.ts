import { describe, expect, it } from "vitest";
import { isRequest } from "#simulator/coap/code.ts";
import { decode, isMessage } from "#simulator/coap/message.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { crossProtocol } from "./cross-protocol.ts";
import { foreignDatagrams } from "./parts/foreign-datagrams.ts";

const [check] = crossProtocol.checks;
if (!check) throw new Error(`${crossProtocol.id} has no check`);

const foreign = (protocol: string, came: readonly number[] = [], answers: readonly string[] = []): Inside => ({
  action: "foreign",
  phase: "noted",
  detail: { protocol, asked: 48, came, answers },
});
const proper = (answered: boolean): Inside => ({ action: "proper", phase: "noted", detail: { answered } });
const judge = (attack: readonly Inside[]) => check.judge(threeBeats(crossProtocol.id, { attack }));

describe("foreign-datagrams-start-nothing", () => {
  it("passes where nothing was answered but a proper request", () => {
    expect(judge([foreign("NTP reply"), foreign("DNS reply"), proper(true)])).toMatchObject({ verdict: "pass" });
  });

  it("fails where a datagram brought a response, however short", () => {
    const answer = judge([foreign("NTP reply", [24], ["5.00"]), foreign("DNS reply"), proper(true)]);
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringContaining("a NTP reply by 5.00") });
    expect(answer.evidence).toHaveLength(1);
  });

  it("fails where something was answered that is no CoAP", () => {
    expect(judge([foreign("NTP reply", [9], ["something that is no CoAP"]), proper(true)]).verdict).toBe("fail");
  });

  it("lets an empty message pass, and tells of it", () => {
    const answer = judge([foreign("SSDP reply", [4], ["RST"]), foreign("DNS reply"), proper(true)]);
    expect(answer).toMatchObject({ verdict: "pass", says: expect.stringContaining("an empty message: SSDP reply") });
  });

  it("fails where empty messages come in such numbers that they amplify", () => {
    expect(judge([foreign("DNS reply", [4, 4, 4, 4, 4, 4], Array(6).fill("RST")), proper(true)]).verdict).toBe("fail");
  });

  it("is undecided where a proper request was not answered either", () => {
    expect(judge([foreign("NTP reply"), proper(false)]).verdict).toBe("inconclusive");
    expect(judge([foreign("NTP reply")]).verdict).toBe("inconclusive");
  });
});

it.each(foreignDatagrams)("$protocol is no request of CoAP", ({ bytes }) => {
  const decoded = decode(bytes);
  expect(isMessage(decoded) && isRequest(decoded.code)).toBe(false);
});
