import { describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf, VirtualClock } from "#testing/bench.ts";
import { dtlsPair, pairIdentity, pairKey } from "#testing/dtls-pair.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import { alert, fatal, warning, writeAlert } from "./alert.ts";
import { connectDtls } from "./connect-dtls.ts";
import { handshakeType, writeMessage } from "./handshake-message.ts";
import { contentType, writeRecord } from "./record.ts";
import { writeServerHello } from "./server-hello.ts";

const to = { host: "10.0.0.1", port: 5_684 };
const header = { version: 0xfefd, epoch: 0, sequence: 0 };

const deaf: Parameters<DatagramPort["hear"]>[0] = () => {};

/** Connects to whoever answers the first hello with these datagrams, and nothing else. */
async function against(answers: readonly Uint8Array[], signal = new AbortController().signal) {
  const said: Buffer[] = [];
  let isClosed = false;
  let hear = deaf;
  const port: DatagramPort = {
    local: { host: "10.0.0.2", port: 1_024 },
    send(bytes) {
      said.push(Buffer.from(bytes));
      if (said.length === 1) for (const answer of answers) hear(Buffer.from(answer), to);
    },
    hear: (listener) => {
      hear = listener;
    },
    close: async () => {
      isClosed = true;
    },
  };
  const bench = { clock: new VirtualClock(), random: randomOf(4), signal };
  const failure = await connectDtls(port, bench, { to, identity: pairIdentity, key: pairKey, withinMs: 2_000 }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { failure, said, isClosed };
}

const message = (type: number, body: Buffer, sequence = 0): Buffer =>
  writeRecord({ ...header, type: contentType.handshake }, writeMessage({ type, body, sequence }));
const serverHello = (
  given: { readonly version?: number; readonly suite?: number; readonly compression?: number } = {},
) =>
  message(
    handshakeType.serverHello,
    writeServerHello({
      version: 0xfefd,
      random: Buffer.alloc(32),
      sessionId: Buffer.alloc(0),
      suite: 0xc0a8,
      compression: 0,
      extensions: [],
      ...given,
    }),
  );

describe("a client", () => {
  it.each([
    ["fatal", fatal(alert.handshakeFailure), "alert 40"],
    ["close_notify", warning(alert.closeNotify), "alert 0"],
  ])("was refused where it heard %s", async (_name, said, code) => {
    const { failure, isClosed } = await against([
      writeRecord({ ...header, type: contentType.alert }, writeAlert(said)),
    ]);
    expect(failure).toBeInstanceOf(Refused);
    expect(failure).toMatchObject({ code });
    expect(isClosed).toBe(true);
  });

  it("was not refused where it heard a mere warning, or nothing", async () => {
    const mild = writeRecord({ ...header, type: contentType.alert }, writeAlert(warning(alert.userCanceled)));
    for (const answers of [[], [mild]]) {
      const { failure, isClosed } = await against(answers);
      expect(failure).not.toBeInstanceOf(Refused);
      expect(failure).toMatchObject({ message: "no ServerHello in 2000 ms" });
      expect(isClosed).toBe(true);
    }
  });

  it.each([
    ["an older version than it offered", serverHello({ version: 0xfeff }), alert.protocolVersion],
    ["a suite that it did not offer", serverHello({ suite: 0x002c }), alert.illegalParameter],
    ["compression", serverHello({ compression: 1 }), alert.illegalParameter],
    ["a hello that is none", message(handshakeType.serverHello, Buffer.alloc(9)), alert.decodeError],
    ["a certificate", message(handshakeType.certificate, Buffer.alloc(3)), alert.unexpectedMessage],
    [
      "the end of a hello that it never sent",
      message(handshakeType.serverHelloDone, Buffer.alloc(0)),
      alert.unexpectedMessage,
    ],
  ])("refuses %s, which is not the server's refusal", async (_name, answer, description) => {
    const { failure, said } = await against([answer]);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(Refused);
    expect(said.at(-1)?.subarray(-2)).toEqual(writeAlert(fatal(description)));
  });

  it("believes no Finished in clear, and nobody who asks for cookies for ever", async () => {
    const finished = message(handshakeType.finished, Buffer.alloc(12));
    expect((await against([finished])).failure).toMatchObject({ message: "no ServerHello in 2000 ms" });
    const cookies = Array.from({ length: 8 }, (_, at) =>
      message(handshakeType.helloVerifyRequest, Buffer.from([0xfe, 0xff, 1, at]), at),
    );
    const { failure, said } = await against(cookies);
    expect(failure).toMatchObject({ message: "the server sent one HelloVerifyRequest too many" });
    expect(said).toHaveLength(6);
  });

  it("is called off when the signal aborts", async () => {
    const { failure, isClosed } = await against([], AbortSignal.abort());
    expect(failure).toMatchObject({ message: "the handshake was called off" });
    expect(isClosed).toBe(true);
  });

  it("hears nobody but its server, and loses what is for others", async () => {
    const pair = dtlsPair();
    const session = await pair.connect();
    const heard: string[] = [];
    session.hear((bytes) => void heard.push(bytes.toString()));
    pair.network.open({ host: "10.0.0.66", port: 5_684 }).send(Buffer.from("clear"), session.local);
    session.send(Buffer.from("elsewhere"), { host: "10.0.0.66", port: 5_684 });
    session.send(Buffer.from("here?"), to);
    await pair.pass(10);
    expect(heard).toEqual(["here!"]);
    expect(pair.heard.map(({ text }) => text)).toEqual(["here?"]);
  });

  it("keeps its session though somebody ends it in clear", async () => {
    const pair = dtlsPair();
    const session = await pair.connect();
    // From the server's own address, as who stands on the path would send it.
    const end = writeRecord(
      { ...header, type: contentType.alert, sequence: 70 },
      writeAlert(fatal(alert.internalError)),
    );
    pair.network.open(to).send(end, session.local);
    await pair.pass(10);
    expect(session.isOpen).toBe(true);
  });

  it("loses what it says after the end", async () => {
    const pair = dtlsPair();
    const session = await pair.connect();
    session.send(Buffer.from("in time"));
    await session.close();
    session.send(Buffer.from("late"));
    await pair.pass(10);
    expect(await session.ended).toBe("closed");
    expect(pair.heard.map(({ text }) => text)).toEqual(["in time"]);
  });

  it("tells the secret as a line that tshark reads", async () => {
    const lines: string[] = [];
    const pair = dtlsPair({ options: { keyLog: (line) => void lines.push(line) } });
    await pair.connect({ keyLog: (line) => void lines.push(line) });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
    expect(lines[1]).toBe(lines[0]);
  });
});
