import { array, assert, constantFrom, integer, nat, property, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { packetGate } from "./packet-gate.ts";

const strict = { parsing: "strict", maxMessageBytes: 0 } as const;
const lenient = { parsing: "lenient", maxMessageBytes: 0 } as const;
const connect = "100f00044d5154540402003c0003766563";
const publish = "300400016162";

const bytes = (hex: string) => Buffer.from(hex, "hex");

/** All that passes, in one piece, and the rule that ended it. */
function judge(rules: Parameters<typeof packetGate>[0], chunks: readonly Buffer[]) {
  const gate = packetGate(rules);
  const answers = chunks.map((chunk) => gate.feed(chunk));
  return {
    passed: Buffer.concat(answers.flatMap(({ pass }) => pass ?? [])).toString("hex"),
    rule: answers.find(({ flaw }) => flaw !== undefined)?.flaw?.rule,
  };
}

/** A good packet, a good one with a byte changed, or noise. */
const someBytes = tuple(
  constantFrom(
    connect,
    publish,
    "3206000161000162",
    "8206000100016100",
    "a2050001000161",
    "40020001",
    "62020001",
    "c000",
    "e000",
    "300000",
    "82050001000161",
  ),
  nat(20),
  integer({ min: 0, max: 255 }),
  constantFrom("whole", "changed", "noise"),
  uint8Array({ maxLength: 6 }),
).map(([hex, at, to, kind, noise]) => {
  if (kind === "noise") return Buffer.from(noise);
  const packet = bytes(hex);
  if (kind === "changed" && at < packet.length) packet[at] = to;
  return packet;
});

/** Streams that begin with a good CONNECT as often as not, and where to cut them. */
const streams = tuple(constantFrom(connect, ""), array(someBytes, { maxLength: 8 })).map(([first, rest]) =>
  Buffer.concat([bytes(first), ...rest]),
);
const cuts = array(nat(200), { maxLength: 20 });

function cut(stream: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [0, ...at.filter((place) => place < stream.length), stream.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, n) => stream.subarray(places[n], end));
}

describe("the packet gate", () => {
  it.each(["strict", "lenient", "fragile"] as const)("decides the same however the bytes are cut (%s)", (parsing) => {
    assert(
      property(streams, cuts, constantFrom(0, 12), (stream, places, maxMessageBytes) => {
        const rules = { parsing, maxMessageBytes };
        const whole = judge(rules, [stream]);
        expect(judge(rules, cut(stream, places))).toEqual(whole);
        expect(
          judge(
            rules,
            Array.from(stream, (byte) => Buffer.of(byte)),
          ),
        ).toEqual(whole);
      }),
    );
  });

  it("passes only a beginning of what came, and in strict only whole packets", () => {
    assert(
      property(streams, (stream) => {
        const { passed } = judge(strict, [stream]);
        expect(stream.toString("hex").startsWith(passed)).toBe(true);
        expect(judge(strict, [bytes(passed)])).toEqual({ passed, rule: undefined });
      }),
    );
  });

  it("passes what came before the flaw and nothing after it", () => {
    expect(judge(strict, [bytes(`${connect}${publish}300000${publish}`)])).toEqual({
      passed: `${connect}${publish}`,
      rule: "cut-short",
    });
  });

  it.each([
    ["an UNSUBSCRIBE from a filter that ends early", "a205000100056162", "cut-short"],
    ["a PUBACK with a byte too many", "4003000100", "trailing-bytes"],
    ["a topic of 51 levels", `30350033${"2f".repeat(50)}61`, "too-many-topic-levels"],
    ["a SUBSCRIBE to 60 slashes", `82410001003c${"2f".repeat(60)}00`, "too-many-topic-levels"],
  ])("refuses %s", (_what, hex, rule) => {
    expect(judge(strict, [bytes(connect + hex)])).toEqual({ passed: connect, rule });
  });

  it("passes a DISCONNECT, and refuses whatever comes behind it", () => {
    expect(judge(strict, [bytes(`${connect}e000c0`)])).toEqual({ passed: `${connect}e000`, rule: "after-disconnect" });
  });

  it.each([
    ["level 5", "101000044d5154540502003c000003766563", 1],
    ["level 3", "101100064d51497364700302003c0003766563", 1],
    ["an empty client id that wants its session kept", "100c00044d5154540400003c0000", 2],
  ])("asks for the CONNACK that the standard names: %s", (_what, hex, connack) => {
    expect(packetGate(strict).feed(bytes(hex)).flaw?.connack).toBe(connack);
  });

  it.each(["a/#", "#", "+", "+/b/+", "a/+/#", "/", "/a"])("takes the filter %s", (filter) => {
    const body = Buffer.concat([bytes("0001"), Buffer.of(0, filter.length), Buffer.from(filter), Buffer.of(1)]);
    const packet = Buffer.concat([Buffer.of(0x82, body.length), body]).toString("hex");
    expect(judge(strict, [bytes(connect + packet)])).toEqual({ passed: connect + packet, rule: undefined });
  });

  it.each(["a#", "a/#/b", "a+", "+a", "a/b+/c", "##", "#/"])("takes not the filter %s", (filter) => {
    const body = Buffer.concat([bytes("0001"), Buffer.of(0, filter.length), Buffer.from(filter), Buffer.of(1)]);
    const packet = Buffer.concat([Buffer.of(0x82, body.length), body]).toString("hex");
    expect(judge(strict, [bytes(connect + packet)])).toEqual({ passed: connect, rule: "misplaced-wildcard" });
  });

  it("refuses a packet that is too large by its header alone, also where parsing is lenient", () => {
    for (const parsing of ["strict", "lenient"] as const) {
      expect(judge({ parsing, maxMessageBytes: 100 }, [bytes(connect), bytes("308101")])).toEqual({
        passed: connect,
        rule: "message-too-large",
      });
    }
  });

  it("leaves everything but lengths to aedes when lenient, and steps aside where it cannot read one", () => {
    expect(judge(lenient, [bytes("f000"), bytes("30ffffffff7f00"), bytes("00")])).toEqual({
      passed: "f00030ffffffff7f0000",
      rule: undefined,
    });
  });

  it("breaks when fragile on a packet that is cut short, and on nothing else", () => {
    const fragile = { parsing: "fragile", maxMessageBytes: 0 } as const;
    expect(judge(fragile, [bytes(`${connect}3606000161000162`)]).rule).toBeUndefined();
    expect(judge(fragile, [bytes(`${connect}3203000161`)]).rule).toBe("cut-short");
  });

  it("takes a large packet in small pieces without copying it again and again", () => {
    const gate = packetGate(strict);
    gate.feed(bytes(connect));
    const large = Buffer.alloc(8_388_608);
    bytes("30fbffff03000161").copy(large);
    const pieces = Array.from({ length: 8_192 }, (_, n) => large.subarray(n * 1_024, (n + 1) * 1_024));
    const passed = pieces.map((piece) => gate.feed(piece).pass?.length ?? 0);
    expect(passed.filter((length) => length > 0)).toEqual([8_388_608]);
  });
});
