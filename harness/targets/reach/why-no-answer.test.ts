import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { LabAddress, Scheme } from "#contract/bench.ts";
import { encodeFrame, signalCode } from "#simulator/coap/tcp-framing.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { whyNoAnswer } from "./why-no-answer.ts";

const nothing = new Uint8Array(0);

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** Answers each datagram with what this returns, where it returns anything. */
async function datagrams(
  scheme: Scheme,
  answer: (asked: Buffer, n: number) => Buffer | undefined,
): Promise<LabAddress> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  stack.defer(() => void socket.close());
  let count = 0;
  socket.on("message", (asked, from) => {
    const bytes = answer(asked, (count += 1));
    if (bytes) socket.send(bytes, from.port, from.address);
  });
  await once(socket, "listening");
  return loopback(socket.address().port, scheme);
}

async function connections(each: (socket: Socket) => void): Promise<LabAddress> {
  const server = createServer((socket) => each(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  stack.defer(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  return loopback(typeof address === "object" && address !== null ? address.port : 0, "coap+tcp");
}

const why = (at: LabAddress, withinMs = 1_000) => whyNoAnswer(benchOf([], { clock: realClock() }), at, withinMs);

/** A RST that goes with a message; its id is the same. */
const reset = (asked: Buffer) => Buffer.concat([Buffer.of(0x70, 0), asked.subarray(2, 4)]);

describe("CoAP over UDP", () => {
  it("answers also by saying no", async () => {
    expect(await why(await datagrams("coap", reset))).toBeUndefined();
  });

  it("is asked again where the first question was lost", async () => {
    const at = await datagrams("coap", (asked, n) => (n < 3 ? undefined : reset(asked)));
    expect(await why(at)).toBeUndefined();
  });

  it("does not answer by bytes that are none of it, nor by silence", async () => {
    for (const answer of [() => Buffer.from("hello"), () => undefined]) {
      expect((await why(await datagrams("coap", answer), 150))?.message).toContain("no answer");
    }
  });
});

describe("CoAP over DTLS", () => {
  it("answers by any record, an alert too", async () => {
    const alert = Buffer.from("15fefd00000000000000000002022f", "hex");
    expect(await why(await datagrams("coaps", (asked) => (asked[0] === 22 ? alert : undefined)))).toBeUndefined();
  });

  it("does not answer by plain CoAP", async () => {
    expect((await why(await datagrams("coaps", reset), 150))?.message).toContain("no record of DTLS");
  });
});

const frame = (code: number) => encodeFrame({ code, token: nothing, options: [], payload: nothing });

describe("CoAP over TCP", () => {
  it("answers by saying what it can do", async () => {
    expect(await why(await connections((socket) => socket.write(frame(signalCode.csm))))).toBeUndefined();
  });

  it("does not answer where the connection is closed, or stays silent", async () => {
    expect((await why(await connections((socket) => void socket.end())))?.message).toContain("closed");
    expect((await why(await connections(() => {}), 50))?.message).toContain("no CSM");
  });
});
