import { generate, parse } from "coap-packet";
import { array, assert, constantFrom, integer, property, record, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { codeText } from "./code.ts";
import { decode, encode, isMessage, type Message, type MessageType } from "./message.ts";

const type = constantFrom<MessageType[]>(0, 1, 2, 3);
const codeByte = integer({ min: 1, max: 255 });
const optionNumber = integer({ min: 1, max: 65_535 });
const option = record({
  number: optionNumber,
  value: uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});
const message = record({
  type,
  code: codeByte,
  messageId: integer({ min: 0, max: 65_535 }),
  token: uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  options: array(option, { maxLength: 6 }),
  payload: uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
});

describe("the codec", () => {
  it("reads what it has written", () => {
    assert(
      property(message, (written) => {
        expect(decode(encode(written))).toEqual({ ...written, options: sorted(written) });
      }),
    );
  });

  it("reads anything without a throw, and writes back what it took for a message", () => {
    assert(
      property(uint8Array({ maxLength: 80 }), (bytes) => {
        const decoded = decode(Buffer.from(bytes));
        expect(isMessage(decoded) ? decode(encode(decoded)) : decoded).toEqual(decoded);
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads a damaged message without a throw", () => {
    assert(
      property(message, integer({ min: 0, max: 400 }), integer({ min: 0, max: 255 }), (written, at, byte) => {
        const bytes = encode(written);
        bytes[at % bytes.length] = byte;
        expect(decode(bytes.subarray(0, bytes.length - (at % 3)))).toBeDefined();
      }),
    );
  });

  it("agrees with coap-packet on what a valid message says", () => {
    assert(
      property(message, (written) => {
        const theirs = parse(encode(written));
        expect(theirs).toMatchObject({
          code: codeText(written.code),
          messageId: written.messageId,
          confirmable: written.type === 0,
          ack: written.type === 2,
          reset: written.type === 3,
          token: written.token,
          payload: written.payload,
        });
        expect(theirs.options.map(({ value }) => value)).toEqual(sorted(written).map(({ value }) => value));
      }),
    );
  });

  it("reads what coap-packet writes", () => {
    assert(
      property(
        message,
        tuple(constantFrom("11", "15", "12"), uint8Array({ minLength: 1, maxLength: 40 })),
        (drawn, more) => {
          const { token, payload, messageId } = drawn;
          const options = [{ name: more[0], value: Buffer.from(more[1]) }];
          const written = generate({ code: "0.01", confirmable: true, messageId, token, payload, options });
          const theirs = parse(written);
          const ours = decode(written);
          expect(ours).toMatchObject({ type: 0, code: 1, messageId: theirs.messageId, token, payload });
          expect(isMessage(ours) && ours.options).toEqual([{ number: Number(more[0]), value: Buffer.from(more[1]) }]);
        },
      ),
    );
  });
});

describe("what is no message", () => {
  it.each([
    ["00011234", "version 0"],
    ["49011234313233343536373839", "token length 9"],
    ["40001234ff78", "an Empty message with something in it"],
    ["40011234ff", "a payload marker without a payload"],
    ["40011234f0", "option delta 15"],
    ["400112341f", "option length 15"],
    ["40011234b5616263", "option 11 is longer than the datagram"],
    ["40011234e0ffffe0ffff", "option number 65804"],
  ])("rejects %s, and says why", (hex, why) => {
    const decoded = decode(Buffer.from(hex, "hex"));
    expect(decoded).toMatchObject({ malformed: why, header: { messageId: 0x1234 } });
  });

  it("rejects what is too short for a header without one", () => {
    const decoded = decode(Buffer.from("401234", "hex"));
    expect(decoded).toHaveProperty("malformed");
    expect(decoded).not.toHaveProperty("header");
  });

  it("reads an extended token only where it was told to", () => {
    const long = encode({
      type: 0,
      code: 1,
      messageId: 1,
      token: Buffer.alloc(300, 7),
      options: [],
      payload: Buffer.alloc(0),
    });
    expect(decode(long)).toHaveProperty("malformed", "token length 14");
    expect(decode(long, { extendedTokens: true })).toHaveProperty("token", Buffer.alloc(300, 7));
  });
});

/** Options of one number keep their order. */
function sorted({ options }: Message) {
  return options.toSorted((one, other) => one.number - other.number);
}
