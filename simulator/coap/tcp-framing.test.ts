import { array, assert, constantFrom, integer, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { code } from "./code.ts";
import { option, optionNumber } from "./option.ts";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  frameHead,
  isFrame,
  isSignal,
  signalCode,
  signalOption,
} from "./tcp-framing.ts";

const nothing = Buffer.alloc(0);

function frame(more: Partial<Frame> = {}): Frame {
  return { code: code.get, token: nothing, options: [], payload: nothing, ...more };
}

const frames = record({
  code: integer({ min: 1, max: 255 }),
  token: uint8Array({ maxLength: 8 }),
  options: array(record({ number: integer({ min: 0, max: 0xffff }), value: uint8Array({ maxLength: 300 }) }), {
    maxLength: 4,
  }),
  payload: uint8Array({ maxLength: 600 }),
});

describe("a frame of CoAP over TCP", () => {
  it.each([
    ["an empty CSM", frame({ code: signalCode.csm }), "00e1"],
    ["a CSM with a size", frame({ code: signalCode.csm, options: [option(2, 1_152)] }), "30e1220480"],
    ["a GET with a token", frame({ token: Buffer.of(7), options: [option(optionNumber.uriPath, "a")] }), "210107b161"],
    ["a body of 13 bytes", frame({ code: code.content, payload: Buffer.alloc(12) }), `d00045ff${"00".repeat(12)}`],
    ["a body of 269 bytes", frame({ code: code.content, payload: Buffer.alloc(268) }), `e0000045ff${"00".repeat(268)}`],
  ])("is written as RFC 8323 draws it: %s", (_, one, hex) => {
    expect(encodeFrame(one).toString("hex")).toBe(hex);
  });

  it("has four bytes of length from 65,805 bytes on", () => {
    expect(frameHead(code.put, 0, 65_804).toString("hex")).toBe("e0ffff03");
    expect(frameHead(code.put, 0, 65_805).toString("hex")).toBe("f00000000003");
    expect(frameHead(code.put, 15, 65_805 + 0xffff_ffff).toString("hex")).toBe("ffffffffff03");
  });

  it("is read as it was written, however the stream is cut", () => {
    assert(
      property(array(frames, { minLength: 1, maxLength: 4 }), integer({ min: 1, max: 700 }), (sent, size) => {
        const one = sent.map(({ options, ...rest }) => ({
          ...rest,
          options: options
            .map(({ number, value }) => option(number, value))
            .toSorted((left, right) => left.number - right.number),
        }));
        const stream = Buffer.concat(one.map(encodeFrame));
        const reader = new FrameReader(0);
        const read = [];
        for (let at = 0; at < stream.length; at += size) read.push(...reader.feed(stream.subarray(at, at + size)));
        expect(read.map((each) => (isFrame(each) ? encodeFrame(each).toString("hex") : each))).toEqual(
          one.map((each) => encodeFrame(each).toString("hex")),
        );
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  it("never throws, and ends at the first flaw, whatever comes", () => {
    assert(
      property(array(uint8Array({ maxLength: 64 })), constantFrom(0, 32, 1_152), (chunks, most) => {
        const reader = new FrameReader(most);
        const read = chunks.flatMap((chunk) => reader.feed(chunk));
        expect(read.slice(0, -1).every(isFrame)).toBe(true);
        expect(reader.heldBytes).toBeLessThanOrEqual(most || Number.POSITIVE_INFINITY);
      }),
    );
  });

  it("is refused by what it says of its length, before its bytes are there", () => {
    expect(new FrameReader(1_152).feed(frameHead(code.put, 0, 4_000_000_000))).toEqual([
      { flaw: "too-long", because: "4000000006 bytes" },
    ]);
    const most = encodeFrame(frame({ payload: Buffer.alloc(60) }));
    expect(new FrameReader(most.length).feed(most).every(isFrame)).toBe(true);
    expect(new FrameReader(most.length - 1).feed(most).some(isFrame)).toBe(false);
  });

  it.each([
    ["a reserved token length", "09010102030405060708090a"],
    ["an option longer than its frame", "2001b561"],
    ["a payload marker without a payload", "1001ff"],
    ["a reserved option delta", "1001f0"],
  ])("is malformed with %s", (_, hex) => {
    expect(new FrameReader(0).feed(Buffer.from(hex, "hex"))).toMatchObject([{ flaw: "malformed" }]);
  });

  it("says nothing where it is Empty, whatever is in it", () => {
    expect(new FrameReader(0).feed(Buffer.from("1000b1", "hex"))).toEqual([frame({ code: code.empty })]);
  });

  it("carries signals of class 7", () => {
    expect(Object.values(signalCode).every(isSignal)).toBe(true);
    expect([code.get, code.content, code.hopLimitReached].some(isSignal)).toBe(false);
    const [csm] = new FrameReader(0).feed(
      encodeFrame(frame({ code: signalCode.csm, options: [option(signalOption.csm.blockWiseTransfer)] })),
    );
    expect(csm).toMatchObject({ code: signalCode.csm, options: [{ number: 4 }] });
  });
});
