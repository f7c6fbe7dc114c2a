import { assert, constantFrom, nat, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { cipherSuites } from "./cipher-suite.ts";
import { maxContentBytes, maxSequence, readRecord, recordHeaderBytes } from "./record.ts";
import { keyBlock } from "./secrets.ts";
import { protectionOf } from "./suite-protection.ts";
import { dtlsVersion } from "./version.ts";

const randoms = { client: Buffer.alloc(32, 1), server: Buffer.alloc(32, 2) };
const headers = record({
  type: nat(255),
  version: constantFrom(...Object.values(dtlsVersion)),
  epoch: nat(0xffff),
  sequence: nat(maxSequence),
});
const opened = (bytes: Buffer) => {
  const read = readRecord(bytes);
  if (read === undefined) throw new Error("no record");
  return read;
};

describe.each(cipherSuites.map((suite) => [suite.name, suite] as const))("records of %s", (_name, suite) => {
  const keys = keyBlock(dtlsVersion["1.2"], suite, Buffer.alloc(48, 3), randoms);
  const ours = protectionOf(suite, keys.client);

  it("open to what was sealed", () => {
    const theirs = protectionOf(suite, keys.client);
    assert(
      property(headers, uint8Array({ maxLength: 300 }), (header, content) => {
        expect(theirs.open(opened(ours.seal(header, content)))).toEqual(Buffer.from(content));
      }),
    );
    const long = Buffer.alloc(maxContentBytes, 7);
    expect(theirs.open(opened(ours.seal({ type: 23, version: 0xfefd, epoch: 1, sequence: 9 }, long)))).toEqual(long);
  });

  it("do not open with any one bit turned, be it in the header or behind it", () => {
    assert(
      property(headers, uint8Array({ minLength: 1, maxLength: 40 }), nat(10_000), (header, content, bit) => {
        const sealed = ours.seal(header, content);
        const at = Math.floor(bit / 8) % sealed.length;
        // A length that is not the datagram's makes it no record at all.
        if (at === 11 || at === 12) return;
        sealed[at] = (sealed[at] ?? 0) ^ (1 << (bit % 8));
        const read = readRecord(sealed);
        expect(read && ours.open(read)).toBeUndefined();
      }),
    );
  });

  it("do not open with the keys of the other direction", () => {
    const sealed = ours.seal({ type: 23, version: 0xfefd, epoch: 1, sequence: 0 }, Buffer.from("content"));
    expect(protectionOf(suite, keys.server).open(opened(sealed))).toBeUndefined();
  });

  it("that are too short to be any do not open, and throw nothing", () => {
    assert(
      property(headers, uint8Array({ maxLength: 70 }), (header, fragment) => {
        expect(ours.open({ ...header, fragment: Buffer.from(fragment) })).toBeUndefined();
      }),
    );
  });

  it("hide their content, unless the suite encrypts nothing", () => {
    const content = Buffer.from("unlock the front door");
    const sealed = ours.seal({ type: 23, version: 0xfefd, epoch: 1, sequence: 0 }, content);
    expect(sealed.subarray(recordHeaderBytes).includes(content)).toBe(suite.cipher === "null");
  });
});
