import { expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { callerTokens } from "./caller-tokens.ts";

const random = ["a1b2c3d4", "0badcafe", "77aa0011", "5f00ba12", "c0ffee00", "9e3779b9"];
const call = (n: number, more: { readonly port?: number; readonly token?: string; readonly id?: number } = {}) => {
  const { port = 33_000 + ((n * 7_919) % 9_973), token = random[n] ?? "", id = (n * 40_503) & 0xffff } = more;
  return { action: "call", phase: "noted" as const, detail: { n, port, tokens: [token], ids: [id] } };
};
const calls = (more: Parameters<typeof call>[1] = {}) => random.map((_, n) => call(n, more));

function judge(attack: ReturnType<typeof calls>) {
  const record = threeBeats(callerTokens.id, { attack });
  return Object.fromEntries(callerTokens.checks.map((check) => [check.id, check.judge(record).verdict]));
}

it("passes where nothing could have been known", () => {
  expect(judge(calls())).toEqual({ "requests-cannot-be-guessed": "pass", "source-ports-vary": "pass" });
});

it.each([
  ["short tokens", { token: "01" }, "requests-cannot-be-guessed"],
  ["one message id to begin with", { id: 1 }, "requests-cannot-be-guessed"],
  ["one source port", { port: 5_683 }, "source-ports-vary"],
])("fails for %s, and only there", (_, more, failed) => {
  const all = { "requests-cannot-be-guessed": "pass", "source-ports-vary": "pass" };
  expect(judge(calls(more))).toEqual({ ...all, [failed]: "fail" });
});

it("is undecided after too few calls", () => {
  const few = { "requests-cannot-be-guessed": "inconclusive", "source-ports-vary": "inconclusive" };
  expect(judge(calls({ port: 5_683 }).slice(1))).toEqual(few);
});
