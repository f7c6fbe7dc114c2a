import { array, assert, nat, pre, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { readClientHello, readHelloStart, writeClientHello } from "./client-hello.ts";
import { readPskName, writePskName } from "./psk-exchange.ts";
import { readHelloVerifyRequest, readServerHello, writeHelloVerifyRequest, writeServerHello } from "./server-hello.ts";

const bytes = (minLength: number, maxLength = minLength) =>
  uint8Array({ minLength, maxLength }).map((each) => Buffer.from(each));
const extensions = array(record({ type: nat(0xffff), content: bytes(0, 8) }), { maxLength: 3 });
const clientHellos = record({
  version: nat(0xffff),
  random: bytes(32),
  sessionId: bytes(0, 32),
  cookie: bytes(0, 255),
  suites: array(nat(0xffff), { maxLength: 6 }),
  compressions: bytes(0, 3),
  extensions,
});
const serverHellos = record({
  version: nat(0xffff),
  random: bytes(32),
  sessionId: bytes(0, 32),
  suite: nat(0xffff),
  compression: nat(255),
  extensions,
});

describe("hellos", () => {
  it("are read as they were written", () => {
    assert(
      property(clientHellos, (hello) => {
        expect(readClientHello(writeClientHello(hello))).toEqual(hello);
      }),
    );
    assert(
      property(serverHellos, (hello) => {
        expect(readServerHello(writeServerHello(hello))).toEqual(hello);
      }),
    );
    assert(
      property(nat(0xffff), bytes(0, 255), (version, cookie) => {
        expect(readHelloVerifyRequest(writeHelloVerifyRequest({ version, cookie }))).toEqual({ version, cookie });
      }),
    );
  });

  it("tell their cookie from their first bytes, however few come with it", () => {
    assert(
      property(clientHellos, nat(20), ({ suites, compressions, extensions: more, ...start }, rest) => {
        const whole = writeClientHello({ ...start, suites, compressions, extensions: more });
        const until = 2 + 32 + 1 + start.sessionId.length + 1 + start.cookie.length;
        expect(readHelloStart(whole.subarray(0, until + rest))).toEqual(start);
        expect(readHelloStart(whole.subarray(0, until - 1))).toBeUndefined();
      }),
    );
  });

  it("cut short anywhere are none, unless their extensions are what is missing", () => {
    assert(
      property(clientHellos, nat(400), (hello, cut) => {
        const whole = writeClientHello(hello);
        const bare = writeClientHello({ ...hello, extensions: [] });
        pre(cut < whole.length && cut !== bare.length);
        expect(readClientHello(whole.subarray(0, cut))).toBeUndefined();
      }),
    );
  });

  it("are read from any bytes without a throw, as are the messages of the key exchange", () => {
    assert(
      property(bytes(0, 100), (body) => {
        readClientHello(body);
        readServerHello(body);
        readHelloVerifyRequest(body);
        readPskName(body);
      }),
    );
  });
});

describe("the name in a key exchange", () => {
  it("is read as it was written", () => {
    expect(readPskName(writePskName("lock-1"))?.toString()).toBe("lock-1");
    expect(readPskName(Buffer.from([0, 2, 65]))).toBeUndefined();
    expect(readPskName(Buffer.from([0, 1, 65, 66]))).toBeUndefined();
  });
});
