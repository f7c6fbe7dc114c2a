import { describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf } from "#testing/bench.ts";
import { type DtlsPair, dtlsPair, pairIdentity, pairKey } from "#testing/dtls-pair.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import { alert, fatal, warning, writeAlert } from "./alert.ts";
import type { ClientHello } from "./client-hello.ts";
import { connectSession } from "./connect-dtls.ts";
import { type HeardPart, partsOf } from "./heard-part.ts";
import { helloDatagrams, rawHello } from "./raw-hello.ts";
import { contentType, writeRecord } from "./record.ts";
import { dtlsVersion } from "./version.ts";

const to = { host: "10.0.0.1", port: 5_684 };

/** A port that only collects, and what it got. */
function collector(pair: DtlsPair, port = pair.open()): { readonly port: DatagramPort; readonly got: Buffer[] } {
  const got: Buffer[] = [];
  port.hear((bytes) => void got.push(bytes));
  return { port, got };
}

async function answersTo(pair: DtlsPair, datagrams: readonly Uint8Array[], from = collector(pair)) {
  const before = from.got.length;
  for (const datagram of datagrams) from.port.send(datagram, to);
  await pair.pass(20);
  return from.got.slice(before);
}

const kindsOf = (datagrams: readonly Buffer[]) => datagrams.flatMap((each) => partsOf(each)).map(({ kind }) => kind);

/** Brings the hello as far as ServerHelloDone. */
async function halfOpen(pair: DtlsPair, given: Partial<ClientHello> = {}, from = collector(pair)) {
  const hello = rawHello(randomOf(from.port.local.port), given);
  const [request] = (await answersTo(pair, helloDatagrams(hello), from)).flatMap((each) => partsOf(each));
  if (request?.kind !== "hello-verify") throw new Error(`asked for ${request?.kind ?? "nothing"}, not for a cookie`);
  return await answersTo(pair, helloDatagrams({ ...hello, cookie: request.cookie }), from);
}

/** A session whose records the test can make itself. */
async function session(pair: DtlsPair) {
  const port = pair.open();
  const signal = new AbortController().signal;
  const bench = { clock: pair.clock, random: randomOf(9), signal };
  return {
    port,
    session: await pair.during(
      connectSession(port, bench, { to, identity: pairIdentity, key: pairKey, withinMs: 5_000 }),
    ),
  };
}

const wrongKey = { key: Buffer.from("wrong") };
const outcome = (trial: Promise<unknown>) =>
  trial.then(
    () => "in",
    (cause: unknown) => (cause instanceof Refused ? cause.code : "no answer"),
  );

it("takes no hello whose number leaves none for the messages after it, with cookies or without", async () => {
  for (const dtlsCookie of ["required", "off"] as const) {
    const pair = dtlsPair({ knobs: { dtlsCookie } });
    for (const numbers of [{ message: 0xffff, record: 0 }, { record: 2 ** 48 - 1 }]) {
      const hello = helloDatagrams(rawHello(randomOf(1)), numbers);
      expect(kindsOf(await answersTo(pair, hello))).toEqual([]);
    }
  }
});

describe("cookies", () => {
  it("are asked for with less than the hello was long, and nothing is kept", async () => {
    const pair = dtlsPair();
    const hello = helloDatagrams(rawHello(randomOf(1)));
    const answers = await answersTo(pair, hello);
    expect(kindsOf(answers)).toEqual(["hello-verify"]);
    expect(Buffer.concat(answers).length).toBeLessThan(Buffer.concat(hello).length);
    expect(pair.server.counts.handshakes).toBe(0);
  });

  it("of another client's are asked for anew", async () => {
    const pair = dtlsPair();
    const hello = rawHello(randomOf(1));
    const [part] = (await answersTo(pair, helloDatagrams(hello))).flatMap((each): readonly HeardPart[] =>
      partsOf(each),
    );
    const cookie = part?.kind === "hello-verify" ? part.cookie : Buffer.alloc(0);
    expect(kindsOf(await answersTo(pair, helloDatagrams({ ...hello, cookie })))).toEqual(["hello-verify"]);
    expect(pair.server.counts.handshakes).toBe(0);
  });

  it("are not asked for with dtlsCookie off", async () => {
    const pair = dtlsPair({ knobs: { dtlsCookie: "off" } });
    const answers = await answersTo(pair, helloDatagrams(rawHello(randomOf(1))));
    expect(kindsOf(answers)).toEqual(["server-hello", "server-hello-done"]);
    expect(pair.server.counts.handshakes).toBe(1);
  });
});

describe("suites and versions", () => {
  it.each([0x008c, 0x002c, 0x00b0])("refuse suite %i, and take it with dtlsSuites weak", async (suite) => {
    expect(await outcome(dtlsPair().connect({ suites: [suite] }))).toBe("alert 40");
    expect(await outcome(dtlsPair({ knobs: { dtlsSuites: "weak" } }).connect({ suites: [suite] }))).toBe("in");
  });

  it("refuse DTLS 1.0, and take it with dtlsVersions 1.0-too", async () => {
    const offer = { version: dtlsVersion["1.0"], suites: [0x008c] };
    expect(await outcome(dtlsPair({ knobs: { dtlsSuites: "weak" } }).connect(offer))).toBe("alert 70");
    const both = { dtlsSuites: "weak", dtlsVersions: "1.0-too" } as const;
    expect(await outcome(dtlsPair({ knobs: both }).connect(offer))).toBe("in");
  });

  it("prefer the strong suite of those that a client offers", async () => {
    const pair = dtlsPair({ knobs: { dtlsSuites: "weak" } });
    expect((await pair.connect({ suites: [0x002c, 0x008c, 0xc0a8] })).suite.id).toBe(0xc0a8);
  });

  it("can be named, for a server that is there to tempt a device", async () => {
    const pair = dtlsPair({ options: { suites: [0x002c] } });
    expect((await pair.connect({ suites: [0xc0a8, 0x002c] })).suite.id).toBe(0x002c);
  });
});

describe("keys and identities", () => {
  it("tell nobody whether it was the identity or the key that was wrong", async () => {
    const pair = dtlsPair();
    expect(await outcome(pair.connect({ ...wrongKey, identity: "nobody" }))).toBe("alert 51");
    expect(await outcome(pair.connect(wrongKey))).toBe("alert 51");
  });

  it("are told apart with pskUnknown told", async () => {
    const pair = dtlsPair({ knobs: { pskUnknown: "told" } });
    expect(await outcome(pair.connect({ ...wrongKey, identity: "nobody" }))).toBe("alert 115");
    expect(await outcome(pair.connect(wrongKey))).toBe("alert 51");
  });

  it("that were guessed wrong too often get no answer for a minute, the right key neither", async () => {
    const pair = dtlsPair({ knobs: { dtlsGuesses: 2 } });
    const tried = async (given: object) => await outcome(pair.connect({ withinMs: 900, ...given }));
    expect([await tried(wrongKey), await tried(wrongKey), await tried(wrongKey)]).toEqual([
      "alert 51",
      "alert 51",
      "no answer",
    ]);
    expect(await tried({})).toBe("no answer");
    await pair.pass(60_000);
    expect(await tried({})).toBe("in");
  });

  it("may be guessed for ever without a limit", async () => {
    const pair = dtlsPair({ knobs: { dtlsGuesses: 0 } });
    for (let n = 0; n < 20; n++) expect(await outcome(pair.connect(wrongKey))).toBe("alert 51");
  });

  it("with a hint come with a ServerKeyExchange, without one they do not", async () => {
    const hinted = await halfOpen(dtlsPair({ knobs: { pskHint: "garden" } }));
    expect(hinted.flatMap((each) => partsOf(each))).toContainEqual({ kind: "server-key-exchange", hint: "garden" });
    expect(kindsOf(await halfOpen(dtlsPair()))).toEqual(["server-hello", "server-hello-done"]);
  });
});

describe("established sessions", () => {
  it("drop a record that comes again, and take it with dtlsReplay off", async () => {
    for (const [dtlsReplay, times] of [
      ["window", 1],
      ["off", 2],
    ] as const) {
      const pair = dtlsPair({ knobs: { dtlsReplay } });
      const { session: open, port } = await session(pair);
      const record = open.write.write(contentType.applicationData, open.version, Buffer.from("unlock"));
      await answersTo(pair, [record, record], collector(pair, port));
      expect(pair.heard.map(({ text }) => text)).toEqual(Array.from({ length: times }, () => "unlock"));
    }
  });

  it("drop a record with a bit turned, and one of another epoch", async () => {
    const pair = dtlsPair();
    const { session: open, port } = await session(pair);
    const forged = open.write.write(contentType.applicationData, open.version, Buffer.from("unlock"));
    forged[20] = (forged[20] ?? 0) ^ 1;
    const header = { type: contentType.applicationData, version: open.version, sequence: 5 };
    const ahead = open.write.writeAs({ ...header, epoch: 2 }, Buffer.from("unlock"));
    await answersTo(pair, [forged, ahead], collector(pair, port));
    expect(pair.heard).toEqual([]);
    open.send(Buffer.from("still here"));
    await pair.pass(10);
    expect(pair.heard).toHaveLength(1);
  });

  it("heed no alert and no data in clear, but do with dtlsEpoch off", async () => {
    const header = { version: dtlsVersion["1.2"], epoch: 0, sequence: 9 };
    const data = writeRecord({ ...header, type: contentType.applicationData }, Buffer.from("unlock"));
    const end = writeRecord({ ...header, type: contentType.alert }, writeAlert(warning(alert.closeNotify)));
    for (const [dtlsEpoch, heard, sessions] of [
      ["checked", [], 1],
      ["off", [pairIdentity], 0],
    ] as const) {
      const pair = dtlsPair({ knobs: { dtlsEpoch } });
      const { port } = await session(pair);
      await answersTo(pair, [data, end], collector(pair, port));
      expect(pair.heard.map(({ from }) => from.identity)).toEqual(heard);
      expect(pair.server.counts.sessions).toBe(sessions);
    }
  });

  it("refuse to negotiate anew", async () => {
    const pair = dtlsPair();
    const { session: open, port } = await session(pair);
    const inside: number[] = [];
    open.watch = (type, content) => void inside.push(type, ...content);
    const [hello] = helloDatagrams(rawHello(randomOf(3)));
    if (hello === undefined) throw new Error("no hello");
    port.send(open.write.write(contentType.handshake, open.version, hello.subarray(13)), to);
    await pair.pass(10);
    expect(inside).toEqual([contentType.alert, 1, alert.noRenegotiation]);
    expect(pair.server.counts).toMatchObject({ sessions: 1, handshakes: 0 });
  });

  it("are over after close_notify of either side, which is answered", async () => {
    const pair = dtlsPair();
    const { session: first } = await session(pair);
    await first.close();
    await pair.pass(10);
    expect(pair.server.counts.sessions).toBe(0);
    const second = await pair.connect();
    await pair.server.close();
    await pair.pass(10);
    expect(second.isOpen).toBe(false);
    expect(await second.ended).toBe("close_notify (0)");
  });

  it("are over after a fatal alert that was protected", async () => {
    const pair = dtlsPair();
    const { session: open, port } = await session(pair);
    port.send(open.write.write(contentType.alert, open.version, writeAlert(fatal(alert.internalError))), to);
    await pair.pass(10);
    expect(pair.server.counts.sessions).toBe(0);
  });

  it("outlive a hello from their address until its client has proven itself", async () => {
    const pair = dtlsPair();
    const { session: open, port } = await session(pair);
    await halfOpen(pair, {}, collector(pair, port));
    expect(pair.server.counts).toMatchObject({ sessions: 1, handshakes: 1 });
    open.send(Buffer.from("still here"));
    await pair.pass(10);
    expect(pair.heard.map(({ text }) => text)).toEqual(["still here"]);
    // The client has lost its session, and begins again from the same port.
    const again = await pair.connect({}, port);
    again.send(Buffer.from("back"));
    await pair.pass(10);
    expect(pair.heard.map(({ text }) => text)).toEqual(["still here", "back"]);
    expect(pair.server.counts).toMatchObject({ sessions: 1, handshakes: 0 });
  });

  it("get no answer that was meant for somebody else at their address", async () => {
    const pair = dtlsPair();
    const { session: open } = await session(pair);
    const heard: string[] = [];
    open.hear((bytes) => void heard.push(bytes.toString()));
    pair.server.send(Buffer.from("for another"), { ...open.local, identity: "another" });
    pair.server.send(Buffer.from("for the device"), { ...open.local, identity: pairIdentity });
    pair.server.send(Buffer.from("too long".padEnd(20_000)), open.local);
    await pair.pass(10);
    expect(heard).toEqual(["for the device"]);
  });
});

describe("whoever uses the server", () => {
  it("is told of every session that is over, also of one whose client begins anew", async () => {
    const ended: (string | undefined)[] = [];
    const pair = dtlsPair({ options: { onEnded: ({ identity, port }) => void ended.push(`${identity} ${port}`) } });
    const port = pair.open(2_000);
    await pair.connect({}, port);
    const again = await pair.connect({}, port);
    expect(ended).toEqual([`${pairIdentity} 2000`]);
    await again.close();
    await pair.pass(10);
    expect(ended).toHaveLength(2);
    await pair.connect();
    await pair.server.close();
    expect(ended).toHaveLength(3);
  });
});

describe("room", () => {
  it("is made by the oldest handshake, so that an honest client comes in", async () => {
    const pair = dtlsPair({ knobs: { maxHandshakes: 10 } });
    for (let n = 0; n < 30; n++) await halfOpen(pair);
    expect(pair.server.counts).toMatchObject({ handshakes: 10, evicted: 20 });
    expect(await outcome(pair.connect({ withinMs: 3_000 }))).toBe("in");
  });

  it("is not made with dtlsFull refuses, until the handshakes have gone", async () => {
    const pair = dtlsPair({ knobs: { maxHandshakes: 10, dtlsFull: "refuses" } });
    for (let n = 0; n < 10; n++) await halfOpen(pair);
    expect(await outcome(pair.connect({ withinMs: 3_000 }))).toBe("alert 80");
    await pair.pass(61_000);
    expect(pair.server.counts.handshakes).toBe(0);
    expect(await outcome(pair.connect({ withinMs: 3_000 }))).toBe("in");
  });

  it("for sessions is made by the one that was silent longest, which is told", async () => {
    const pair = dtlsPair({ knobs: { maxSessions: 2 } });
    const busy = await pair.connect();
    const idle = await pair.connect();
    await pair.pass(2_000);
    busy.send(Buffer.from("here"));
    await pair.pass(10);
    const newcomer = await pair.connect();
    await pair.pass(10);
    expect([busy.isOpen, idle.isOpen, newcomer.isOpen]).toEqual([true, false, true]);
    expect(pair.server.counts).toMatchObject({ sessions: 2, evicted: 1 });
  });

  it("for sessions is refused to newcomers with dtlsFull refuses", async () => {
    const pair = dtlsPair({ knobs: { maxSessions: 1, dtlsFull: "refuses" } });
    const first = await pair.connect();
    expect(await outcome(pair.connect())).toBe("alert 80");
    expect(first.isOpen).toBe(true);
  });

  it("without a limit is not made", async () => {
    const pair = dtlsPair({ knobs: { maxHandshakes: 0, maxSessions: 0 } });
    for (let n = 0; n < 20; n++) await halfOpen(pair);
    await pair.connect();
    expect(pair.server.counts).toMatchObject({ handshakes: 20, sessions: 1, evicted: 0 });
  });
});
