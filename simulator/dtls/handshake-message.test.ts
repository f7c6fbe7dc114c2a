import { array, assert, nat, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { fragmentsOf, readFragments, writeFragment, writeMessage } from "./handshake-message.ts";

describe("handshake fragments", () => {
  it("are read as they were written, also several in one record", () => {
    assert(
      property(uint8Array({ minLength: 1, maxLength: 50 }), nat(20), nat(0xffff), (bytes, size, sequence) => {
        const message = { type: 1, sequence, body: Buffer.from(bytes) };
        const fragments = fragmentsOf(message, size + 1);
        expect(readFragments(Buffer.concat(fragments.map((each) => writeFragment(each))))).toEqual(fragments);
        expect(Buffer.concat(fragments.map((each) => each.bytes))).toEqual(message.body);
      }),
    );
  });

  it("are read from any bytes without a throw, and never reach past their message", () => {
    assert(
      property(array(uint8Array({ maxLength: 40 }), { maxLength: 3 }), (parts) => {
        for (const { offset, bytes, length } of readFragments(Buffer.concat(parts))) {
          expect(offset + bytes.length).toBeLessThanOrEqual(length);
        }
      }),
    );
  });

  it("of an empty message are one empty fragment", () => {
    const done = { type: 14, sequence: 2, body: Buffer.alloc(0) };
    expect(fragmentsOf(done, 100)).toHaveLength(1);
    expect(readFragments(writeMessage(done))).toMatchObject([{ type: 14, sequence: 2, length: 0, offset: 0 }]);
  });
});
