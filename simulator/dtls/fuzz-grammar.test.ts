import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { dtlsGrammar } from "./fuzz-grammar.ts";
import { readRecords } from "./record.ts";

const grammar = dtlsGrammar(randomOf(1));
const seeds = grammar.seeds.flat();

it("begins with datagrams of whole records", () => {
  expect(seeds.map((bytes) => readRecords(bytes).length)).not.toContain(0);
});

it("changes any datagram any number of times, and stays within what UDP carries", () => {
  assert(
    property(integer(), integer({ min: 0, max: seeds.length - 1 }), (seed, at) => {
      const random = randomOf(seed);
      let bytes = seeds[at] ?? Buffer.alloc(0);
      for (let round = 0; round < 20; round++) {
        bytes = grammar.mutate(bytes, random);
        expect(bytes.length).toBeLessThan(20_000);
      }
    }),
  );
});

it("tells alerts from hellos, and not one random from another", () => {
  const [hello = Buffer.alloc(0)] = seeds;
  const other = dtlsGrammar(randomOf(2)).seeds.flat()[0] ?? Buffer.alloc(0);
  const alert = Buffer.from("15fefd0000000000000001000202 28".replace(" ", ""), "hex");
  expect(grammar.feature(hello)).toBe(grammar.feature(other));
  expect(grammar.feature(alert)).not.toBe(grammar.feature(hello));
});

it("offers shorter forms of everything that has records", () => {
  for (const bytes of seeds) expect(grammar.simpler(bytes).some(({ length }) => length < bytes.length)).toBe(true);
});
