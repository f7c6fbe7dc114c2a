import { assert, integer, nat, property, shuffledSubarray, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { fragmentsOf, type HandshakeMessage } from "./handshake-message.ts";
import { Reassembly } from "./reassembly.ts";

const message = (sequence: number, body: Uint8Array): HandshakeMessage => ({
  type: 1,
  sequence,
  body: Buffer.from(body),
});

describe("reassembly", () => {
  it("gives the message back, whatever order its fragments come in, and however often", () => {
    const bodies = uint8Array({ minLength: 8, maxLength: 60 });
    const orders = shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8, maxLength: 8 });
    assert(
      property(bodies, orders, nat(7), (body, order, twice) => {
        const fragments = fragmentsOf(message(3, body), Math.ceil(body.length / 8));
        const reassembly = new Reassembly(3);
        for (const at of [twice, ...order]) {
          const fragment = fragments[at];
          if (fragment !== undefined) reassembly.take(fragment);
        }
        expect(reassembly.shift()).toEqual(message(3, body));
      }),
    );
  });

  it("takes fragments that overlap", () => {
    const [whole] = fragmentsOf(message(0, Buffer.from("overlapping")), 100);
    if (whole === undefined) throw new Error("no fragment");
    const reassembly = new Reassembly(0);
    reassembly.take({ ...whole, bytes: whole.bytes.subarray(0, 6) });
    expect(reassembly.shift()).toBeUndefined();
    reassembly.take({ ...whole, offset: 4, bytes: whole.bytes.subarray(4) });
    expect(reassembly.shift()?.body.toString()).toBe("overlapping");
  });

  it("hands messages out in their order, and tells when one comes again", () => {
    const reassembly = new Reassembly(0);
    const [first, second] = [0, 1].flatMap((sequence) => fragmentsOf(message(sequence, Buffer.from("x")), 10));
    if (first === undefined || second === undefined) throw new Error("no fragments");
    expect(reassembly.take(second)).toBe(true);
    expect(reassembly.shift()).toBeUndefined();
    expect(reassembly.take(first)).toBe(true);
    expect([reassembly.shift()?.sequence, reassembly.shift()?.sequence]).toEqual([0, 1]);
    expect(reassembly.take(first)).toBe(false);
  });

  it("keeps nothing that is far ahead or too long", () => {
    assert(
      property(integer({ min: 6, max: 0xffff }), (sequence) => {
        const reassembly = new Reassembly(0);
        for (const fragment of fragmentsOf(message(sequence, Buffer.from("x")), 10)) reassembly.take(fragment);
        reassembly.next = sequence;
        expect(reassembly.shift()).toBeUndefined();
      }),
    );
    const reassembly = new Reassembly(0);
    reassembly.take({ type: 1, sequence: 0, length: 100_000, offset: 0, bytes: Buffer.alloc(100_000) });
    expect(reassembly.shift()).toBeUndefined();
  });

  it("drops a fragment that contradicts an earlier one of its message", () => {
    const reassembly = new Reassembly(0);
    reassembly.take({ type: 1, sequence: 0, length: 4, offset: 0, bytes: Buffer.from("ab") });
    reassembly.take({ type: 1, sequence: 0, length: 3, offset: 2, bytes: Buffer.from("x") });
    reassembly.take({ type: 2, sequence: 0, length: 4, offset: 2, bytes: Buffer.from("xx") });
    reassembly.take({ type: 1, sequence: 0, length: 4, offset: 2, bytes: Buffer.from("cd") });
    expect(reassembly.shift()?.body.toString()).toBe("abcd");
  });
});
