import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { code, codeText } from "../coap/code.ts";
import { option, optionNumber, pathOptions } from "../coap/option.ts";
import { encodeFrame, type Frame, FrameReader, frameHead, isFrame, signalCode } from "../coap/tcp-framing.ts";
import { TcpSession } from "./tcp-session.ts";

const none = Buffer.alloc(0);
const frame = (more: Partial<Frame>): Buffer =>
  encodeFrame({ code: code.get, token: none, options: [], payload: none, ...more });
const csm = frame({ code: signalCode.csm });
const get = (path: string, more: Partial<Frame> = {}) =>
  frame({ token: Buffer.of(1), options: pathOptions(path), ...more });

/** A session with what it writes: `7.01`, `2.05 body`, and `closed` at its end. */
function sessionOf(tcpFraming: "strict" | "lenient") {
  const said: string[] = [];
  const why: string[] = [];
  const reader = new FrameReader(0);
  const session = new TcpSession(
    {
      peer: { host: "127.0.0.1", port: 1 },
      handle: ({ path, payload }) => ({ code: code.content, payload: path.join("/") + payload.toString() }),
      write: (bytes) => {
        for (const each of reader.feed(bytes)) {
          if (isFrame(each)) said.push(`${codeText(each.code)} ${Buffer.from(each.payload).toString()}`.trim());
        }
      },
      close: () => void said.push("closed"),
      aborted: (because) => void why.push(because),
    },
    { tcpFraming },
  );
  return { session, said, why };
}

describe("a session of CoAP over TCP", () => {
  it("introduces itself, answers requests, and a ping with a pong of the same token", () => {
    const { session, said } = sessionOf("strict");
    session.hear(Buffer.concat([csm, get("a/b"), frame({ code: signalCode.ping, token: Buffer.of(5) }), get("c")]));
    expect(said).toEqual(["7.01", "2.05 a/b", "7.03", "2.05 c"]);
    session.hear(frame({ code: signalCode.release }));
    session.hear(get("late"));
    expect(said.slice(4)).toEqual(["closed"]);
  });

  it.each([
    ["a request before the CSM", get("a"), "no-csm"],
    ["a ping before the CSM", frame({ code: signalCode.ping }), "no-csm"],
    ["a message that says it is too long", Buffer.concat([csm, frameHead(code.put, 0, 4_000_000_000)]), "too-long"],
    ["a message that is none", Buffer.concat([csm, Buffer.from("0901", "hex"), Buffer.alloc(12)]), "malformed"],
    ["a critical option in a signal", frame({ code: signalCode.csm, options: [option(9, "x")] }), "critical-option"],
  ])("is aborted at %s, where it is strict", (_, bytes, because) => {
    const { session, said, why } = sessionOf("strict");
    session.hear(bytes);
    expect([said.at(-2)?.slice(0, 4), said.at(-1)]).toEqual(["7.05", "closed"]);
    expect(why).toEqual([because]);
  });

  it("goes on all the same where it is lenient, however long a message is", () => {
    const { session, said, why } = sessionOf("lenient");
    session.hear(get("a"));
    session.hear(frame({ code: signalCode.csm, options: [option(9, "x")] }));
    const body = Buffer.alloc(200_000, "x");
    const whole = get("b", { code: code.put, payload: body });
    for (let at = 0; at < whole.length; at += 50_000) session.hear(whole.subarray(at, at + 50_000));
    expect([...said.slice(0, 2), said[2]?.length]).toEqual(["7.01", "2.05 a", "2.05 b".length + 1_024 - 1]);
    expect(why).toEqual([]);
  });

  it("answers 4.02 to an option that it does not know, where it is strict", () => {
    const foreign = get("a", { options: [...pathOptions("a"), option(65_001, "x")] });
    const { session, said } = sessionOf("strict");
    session.hear(Buffer.concat([csm, foreign]));
    expect(said).toEqual(["7.01", "4.02"]);
    const other = sessionOf("lenient");
    other.session.hear(foreign);
    expect(other.said).toEqual(["7.01", "2.05 a"]);
  });

  it("gives one block after the other of what is longer than the other side takes", () => {
    const { session, said } = sessionOf("strict");
    session.hear(csm);
    const long = "x".repeat(1_000);
    session.hear(
      get("a", { code: code.put, payload: Buffer.from(long), options: [option(optionNumber.block2, 0x12)] }),
    );
    expect(said.at(-1)).toBe(`2.05 ${"x".repeat(64)}`);
    session.hear(
      get("a", { code: code.put, payload: Buffer.from(long), options: [option(optionNumber.block2, 0xff2)] }),
    );
    expect(said.at(-1)).toBe("4.00");
  });
});

async function dial(port: number | undefined) {
  const socket = connect(port ?? 0, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const said: string[] = [];
  const reader = new FrameReader(0);
  socket.on("data", (bytes: Buffer) => {
    for (const each of reader.feed(bytes)) if (isFrame(each)) said.push(codeText(each.code));
  });
  socket.once("close", () => void said.push("closed"));
  return { said, socket, [Symbol.dispose]: () => void socket.destroy() };
}

describe("the TCP listener of the device server", () => {
  it("has the access rules of the port without DTLS", async () => {
    await using test = await startTestDeviceServer("hardened");
    using client = await dial(test.server.ports.get("coap+tcp"));
    client.socket.write(
      Buffer.concat([csm, get("info"), get("config"), get("devices/victim/command", { code: code.put })]),
    );
    await expect.poll(() => client.said).toEqual(["7.01", "2.05", "4.01", "4.01"]);
    await using open = await startTestDeviceServer("hardened", { plainAccess: "open" });
    using other = await dial(open.server.ports.get("coap+tcp"));
    other.socket.write(Buffer.concat([csm, get("config")]));
    await expect.poll(() => other.said).toEqual(["7.01", "2.05"]);
  });

  it.each([
    ["strict", 64],
    ["lenient", 80],
  ])("has seats, where it is %s, for %s of 80", async (tcpFraming, seats) => {
    await using test = await startTestDeviceServer("hardened", { tcpFraming });
    const crowd = await Promise.all(Array.from({ length: 80 }, () => dial(test.server.ports.get("coap+tcp"))));
    await expect.poll(() => crowd.every(({ said }) => said.length > 0)).toBe(true);
    expect(crowd.filter(({ said }) => said[0] === "7.01")).toHaveLength(seats);
    for (const each of crowd) each[Symbol.dispose]();
  });
});
