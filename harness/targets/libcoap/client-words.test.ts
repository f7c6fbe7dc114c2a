import { describe, expect, it } from "vitest";
import type { CallOrder } from "#contract/coap.ts";
import { loopback } from "#testing/bench.ts";
import { clientWords } from "./client-words.ts";

const own = { clientId: "lock", username: "lock", password: "own key" };
const order: CallOrder = { at: loopback(5_683, "coap"), does: "read", path: "a/b?x=1" };
const lineOf = (changes: Partial<CallOrder>) => clientWords({ ...order, ...changes }, own, "21.5").join(" ");

describe("the words for coap-client", () => {
  it("say what to do, and where", () => {
    expect(lineOf({})).toBe("-v 0 -m get coap://127.0.0.1:5683/a/b?x=1");
    expect(lineOf({ does: "observe" })).toBe("-v 0 -m get -s 3600 -w coap://127.0.0.1:5683/a/b?x=1");
    expect(lineOf({ does: "report" })).toBe("-v 0 -m put -e 21.5 coap://127.0.0.1:5683/a/b?x=1");
  });

  it("name no key where there is no DTLS, whoever it is", () => {
    expect(lineOf({ as: { clientId: "x", username: "x", password: "y" } })).not.toContain("-k");
    expect(lineOf({ at: loopback(5_683, "coap+tcp") })).toBe("-v 0 -m get coap+tcp://127.0.0.1:5683/a/b?x=1");
  });

  it("say with DTLS who it is, by its own credentials unless others are given", () => {
    const at = loopback(5_684, "coaps");
    expect(clientWords({ ...order, at }, own, "")).toEqual(expect.arrayContaining(["-u", "lock", "-k", "own key"]));
    expect(lineOf({ at, as: { clientId: "x", password: "y" } })).toContain("-u x -k y");
  });

  it("put an IPv6 address in brackets", () => {
    expect(lineOf({ at: loopback(5_683, "coap", { host: "::1" }) })).toContain("coap://[::1]:5683/");
  });
});
