import { assert, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { readTlv, type TlvEntry, tlvHead, writeTlv } from "./lwm2m-tlv.ts";

const resource = (id: number, value: string | Buffer): TlvEntry => ({
  kind: "resource",
  id,
  value: Buffer.from(value),
});

describe("the TLV of LwM2M", () => {
  it("is written as the specification's own example of object 3", () => {
    const entries = [
      resource(0, "Open Mobile Alliance"),
      {
        kind: "multiple-resource",
        id: 6,
        entries: [
          { kind: "resource-instance", id: 0, value: Buffer.of(1) },
          { kind: "resource-instance", id: 1, value: Buffer.of(5) },
        ],
      },
      resource(9, Buffer.of(0x64)),
    ] as const;
    const hex = `c80014${Buffer.from("Open Mobile Alliance").toString("hex")}8606410001410105c10964`;
    expect(writeTlv(entries).toString("hex")).toBe(hex);
    expect(readTlv(Buffer.from(hex, "hex"))).toEqual(entries);
  });

  it("is read as it was written, with every width of id and length", () => {
    assert(
      property(integer({ min: 0, max: 0xffff }), uint8Array({ maxLength: 300 }), (id, bytes) => {
        const entries = [resource(id, Buffer.from(bytes))];
        expect(readTlv(writeTlv(entries))).toEqual(entries);
      }),
    );
    const long = [resource(1, Buffer.alloc(70_000))];
    expect(readTlv(writeTlv(long))).toEqual(long);
  });

  it("never throws, whatever the bytes are, and ends", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        readTlv(Buffer.from(bytes));
        readTlv(Buffer.from(bytes), { lenient: true });
      }),
    );
  });

  it.each([
    ["longer than its parent", "c80509ff"],
    ["longer than its parent", "0803c105ffc40a"],
    ["end in the head", "e8"],
    ["inside top", "4100ff"],
    ["inside object-instance", "02000000"],
    ["twice", "c10101c10102"],
  ])("is refused where it is %s: %s", (because, hex) => {
    expect(readTlv(Buffer.from(hex, "hex"))).toEqual({ flaw: expect.stringContaining(because) });
  });

  it("is cut to fit where the reader is lenient", () => {
    const long = Buffer.concat([tlvHead("resource", 5, 9), Buffer.of(0xff)]);
    expect(readTlv(long, { lenient: true })).toEqual([resource(5, Buffer.of(0xff))]);
    const nested = Buffer.concat([tlvHead("object-instance", 0, 5), tlvHead("resource", 1, 200), Buffer.of(7, 8)]);
    expect(readTlv(nested, { lenient: true })).toMatchObject([{ kind: "object-instance", id: 0 }]);
  });

  it("is not read deeper than anything sensible lies, even where the reader is lenient", () => {
    let deep = Buffer.alloc(0);
    for (let n = 0; n < 1_000; n += 1) deep = Buffer.concat([tlvHead("object-instance", 0, deep.length), deep]);
    expect(readTlv(deep, { lenient: true })).toEqual({ flaw: "entries too deep" });
  });
});
