import { array, assert, constantFrom, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { PublishCounter } from "./publish-counter.ts";

/** A packet whose length takes one, two or three bytes. */
function packet(first: number, bodyBytes: number): Buffer {
  const length: number[] = [];
  let left = bodyBytes;
  do {
    const byte = left % 128;
    left = Math.floor(left / 128);
    length.push(left > 0 ? byte | 0x80 : byte);
  } while (left > 0);
  return Buffer.concat([Buffer.of(first, ...length), Buffer.alloc(bodyBytes, 0x30)]);
}

const pingRequest = packet(0xc0, 0);
const publishes = [packet(0x30, 4), packet(0x3d, 300), packet(0x32, 20_000)];

it("counts PUBLISH packets and nothing else, however the bytes are cut", () => {
  const packets = array(constantFrom(...publishes, pingRequest, packet(0x40, 2), packet(0x10, 130)), { maxLength: 20 });
  assert(
    property(packets, array(integer({ min: 1, max: 700 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent);
      const counter = new PublishCounter();
      let count = 0;
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const size = cuts[cut % cuts.length] ?? 1;
        count += counter.feed(bytes.subarray(at, at + size));
        at += size;
      }
      expect(count).toBe(sent.filter((each) => publishes.includes(each)).length);
    }),
  );
});

it("counts a PUBLISH when it is complete", () => {
  const counter = new PublishCounter();
  expect(counter.feed(Buffer.from("300400016162", "hex").subarray(0, 5))).toBe(0);
  expect(counter.feed(Buffer.from("62", "hex"))).toBe(1);
});

it("counts a PUBLISH without a body", () => {
  expect(new PublishCounter().feed(Buffer.from("3000", "hex"))).toBe(1);
});
