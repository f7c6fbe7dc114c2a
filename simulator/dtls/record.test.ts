import { assert, integer, nat, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { maxSequence, readRecords, writeRecord } from "./record.ts";

const headers = record({
  type: nat(255),
  version: integer({ min: 0xfe00, max: 0xfeff }),
  epoch: nat(0xffff),
  sequence: nat(maxSequence),
});

describe("records", () => {
  it("are read as they were written, one after the other", () => {
    assert(
      property(headers, headers, uint8Array({ maxLength: 60 }), (one, other, content) => {
        const fragment = Buffer.from(content);
        const datagram = Buffer.concat([writeRecord(one, fragment), writeRecord(other, fragment)]);
        expect(readRecords(datagram)).toEqual([
          { ...one, fragment },
          { ...other, fragment },
        ]);
      }),
    );
  });

  it("are read from any bytes without a throw", () => {
    assert(property(uint8Array({ maxLength: 80 }), (bytes) => void readRecords(Buffer.from(bytes))));
  });

  it("end where the datagram ends too early", () => {
    const whole = writeRecord({ type: 22, version: 0xfefd, epoch: 0, sequence: 1 }, Buffer.of(1, 2, 3));
    expect(readRecords(Buffer.concat([whole, whole.subarray(0, -1)]))).toHaveLength(1);
    expect(readRecords(whole.subarray(0, 12))).toEqual([]);
  });

  it("of another protocol are none", () => {
    const ofTls = writeRecord({ type: 22, version: 0x0303, epoch: 0, sequence: 1 }, Buffer.of(1));
    expect(readRecords(ofTls)).toEqual([]);
  });
});
