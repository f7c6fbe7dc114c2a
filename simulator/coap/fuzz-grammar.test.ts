import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { coapGrammar } from "./fuzz-grammar.ts";
import { decode, isMessage } from "./message.ts";

const grammar = coapGrammar(["time", "light?x=1"]);
const seeds = grammar.seeds.flat();

describe("the grammar of CoAP", () => {
  it("begins with messages that are all well formed", () => {
    expect(seeds.map((bytes) => isMessage(decode(bytes)))).not.toContain(false);
    expect(grammar.seeds.length).toBeGreaterThan(10);
  });

  it("changes any message any number of times into a datagram", () => {
    assert(
      property(integer(), integer({ min: 0, max: seeds.length - 1 }), (seed, at) => {
        const random = randomOf(seed);
        let bytes = seeds[at] ?? Buffer.alloc(0);
        for (let round = 0; round < 20; round++) {
          bytes = grammar.mutate(bytes, random);
          expect(bytes.length).toBeLessThan(40_000);
        }
      }),
    );
  });

  it("writes well-formed and malformed datagrams alike", () => {
    const random = randomOf(3);
    const read = Array.from({ length: 500 }, (_, at) =>
      decode(grammar.mutate(seeds[at % seeds.length] ?? Buffer.alloc(0), random)),
    );
    const share = read.filter(isMessage).length / read.length;
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.97);
  });

  it("gives repeated ids repeated new ones, and leaves alone what refers to an id of the other side", () => {
    const [get = Buffer.alloc(0)] = seeds;
    const reset = Buffer.from("70001234", "hex");
    const steps = [get, get, reset].map((bytes) => ({ from: 0, bytes }));
    const renewed = grammar.renew(steps, randomOf(1)).map(({ bytes }) => bytes);
    expect(renewed[0]).toEqual(renewed[1]);
    expect(renewed[0]?.readUInt16BE(2)).not.toBe(get.readUInt16BE(2));
    expect(renewed[2]).toEqual(reset);
  });

  it("takes answers for the same that differ in id, token and a few bytes only", () => {
    const one = Buffer.from("62451234aabbff303132", "hex");
    const other = Buffer.from("62454321ccddff313233", "hex");
    expect(grammar.feature(one)).toBe(grammar.feature(other));
    expect(grammar.feature(one)).not.toBe(grammar.feature(Buffer.from("62841234aabb", "hex")));
  });

  it("offers simpler forms, down to a header", () => {
    const shortest = seeds.map((bytes) => Math.min(...grammar.simpler(bytes).map(({ length }) => length)));
    expect(Math.max(...shortest)).toBeLessThanOrEqual(6);
  });
});
