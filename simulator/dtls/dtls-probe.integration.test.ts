import { afterEach, describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { benchOf, randomOf, realClock } from "#testing/bench.ts";
import { startLibcoap } from "#testing/libcoap.ts";
import { code } from "../coap/code.ts";
import { openProbe, probeOver } from "../coap/probe.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { alert, fatal, warning, writeAlert } from "./alert.ts";
import { allSuites } from "./cipher-suite.ts";
import { halfHandshake, hearPart, openRawSession, sendHello, withBitFlipped } from "./dtls-probe.ts";
import { startDtlsServer } from "./dtls-server.ts";
import { helloDatagrams, rawHello } from "./raw-hello.ts";
import { contentType, recordHeaderBytes } from "./record.ts";
import { type DtlsServerKnobs, hardenedDtls } from "./server-knobs.ts";

const bench = benchOf([], { clock: realClock(), random: randomOf(13) });
const known = { identity: "lock-1", key: Buffer.from("correct horse"), withinMs: 3_000 };

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const keyOf = (name: string) => (name === known.identity ? known.key : undefined);

async function ownServer(knobs: Partial<DtlsServerKnobs> = {}) {
  const heard: string[] = [];
  const port = await openUdpPort({ host: "127.0.0.1", port: 0 });
  const server = stack.use(startDtlsServer(port, bench, { knobs: { ...hardenedDtls, ...knobs }, keyOf }));
  server.hear((bytes, from) => {
    heard.push(bytes.toString());
    server.send(bytes, from);
  });
  return { at: server.local, heard, server };
}

describe.each(["coap-server-openssl", "coap-server-gnutls"] as const)("a probe at %s", (program) => {
  const start = async () => {
    const libcoap = stack.use(await startLibcoap({ program, args: ["-k", known.key.toString()] }));
    return { host: "127.0.0.1", port: libcoap.port + 1 };
  };

  it("is asked for a cookie, and comes to a half-open handshake with it", async () => {
    await using probe = await openProbe(bench, await start());
    const half = await halfHandshake(probe, rawHello(bench.random), 2_000);
    expect(half.cookie?.length).toBeGreaterThan(0);
    expect(half.serverHello?.suite).toBe(0xc0a8);
  });

  it("hears an alert for suites without encryption", async () => {
    await using probe = await openProbe(bench, await start());
    const half = await halfHandshake(probe, rawHello(bench.random, { suites: [0x002c, 0x00b0] }), 2_000);
    expect(half.alert).toEqual(fatal(alert.handshakeFailure));
  });

  it("brings nobody else's cookie", async () => {
    const at = await start();
    await using one = await openProbe(bench, at);
    await using other = await openProbe(bench, at);
    const hello = rawHello(bench.random);
    sendHello(one, hello);
    const request = await hearPart(one, 2_000, ["hello-verify"]);
    sendHello(other, { ...hello, cookie: request?.cookie ?? Buffer.alloc(0) });
    const answer = await hearPart(other, 700, ["server-hello", "hello-verify"]);
    expect(answer?.kind).not.toBe("server-hello");
  });

  it("whose record is replayed, forged or ended in clear is answered once, and goes on", async () => {
    await using raw = await openRawSession(bench, await start(), known);
    const coap = probeOver(bench, raw.session, raw.session.peer, raw.reference);
    const ping = () => coap.ask({ code: code.get }, 2_000);
    expect((await ping())?.code).toBe(code.content);
    const asked = Buffer.from([0x40, 0x01, 0x12, 0x34]);
    const record = raw.sealed(asked);
    const before = coap.heard.length;
    raw.inject(withBitFlipped(raw.sealed(asked), (recordHeaderBytes + 12) * 8));
    raw.inject(raw.clear(writeAlert(warning(alert.closeNotify)), { type: contentType.alert }));
    raw.inject(record);
    raw.inject(record);
    await coap.hear(2_000, () => true, before);
    expect((await ping())?.code).toBe(code.content);
    expect(coap.heard.slice(before)).toHaveLength(2);
    expect(raw.session.isOpen).toBe(true);
  });
});

describe("a probe", () => {
  it("finds a server that asks for no cookie, with its hint", async () => {
    const { at } = await ownServer({ dtlsCookie: "off", pskHint: "garden" });
    await using probe = await openProbe(bench, at);
    const half = await halfHandshake(probe, rawHello(bench.random), 1_000);
    expect(half).toMatchObject({ hint: "garden", serverHello: { suite: 0xc0a8 } });
    expect(half.cookie).toBeUndefined();
  });

  it("may send its hello in pieces", async () => {
    const { at, server } = await ownServer();
    await using probe = await openProbe(bench, at);
    const hello = rawHello(bench.random, { suites: [...allSuites, ...allSuites] });
    sendHello(probe, hello, { fragmentBytes: 53 });
    const request = await hearPart(probe, 1_000, ["hello-verify"]);
    expect(helloDatagrams(hello, { fragmentBytes: 53 }).length).toBeGreaterThan(1);
    sendHello(probe, { ...hello, cookie: request?.cookie ?? Buffer.alloc(0) }, { fragmentBytes: 53 });
    expect((await hearPart(probe, 1_000, ["server-hello"]))?.hello.suite).toBe(0xc0a8);
    expect(server.counts.handshakes).toBe(1);
  });

  it("gets nowhere, and says so, where nobody answers", async () => {
    await using silent = await openProbe(bench, { host: "127.0.0.1", port: 9 });
    await using probe = await openProbe(bench, silent.local);
    expect(await halfHandshake(probe, rawHello(bench.random), 100)).toEqual({});
  });

  it("sees a replay succeed with dtlsReplay off, and data in clear with dtlsEpoch off", async () => {
    const { at, heard } = await ownServer({ dtlsReplay: "off", dtlsEpoch: "off" });
    await using raw = await openRawSession(bench, at, known);
    const echoes = probeOver(bench, raw.session, raw.session.peer, raw.reference);
    const record = raw.sealed(Buffer.from("unlock"));
    raw.inject(record);
    raw.inject(record);
    raw.inject(raw.clear(Buffer.from("in clear")));
    await echoes.hear(1_000, ({ bytes }) => bytes.toString() === "in clear");
    expect(heard).toEqual(["unlock", "unlock", "in clear"]);
    raw.inject(raw.clear(writeAlert(fatal(alert.internalError)), { type: contentType.alert }));
    await expect(raw.session.ended).resolves.toBe("close_notify (0)");
  });

  it("sees a renegotiation refused inside its session", async () => {
    const { at } = await ownServer();
    await using raw = await openRawSession(bench, at, known);
    const echoes = probeOver(bench, raw.session, raw.session.peer, raw.reference);
    const [hello] = helloDatagrams(rawHello(bench.random));
    raw.inject(raw.sealed(hello?.subarray(recordHeaderBytes) ?? Buffer.alloc(0), { type: contentType.handshake }));
    raw.session.send(Buffer.from("after"));
    await echoes.hear(1_000);
    expect(raw.inside).toEqual([{ type: contentType.alert, content: writeAlert(warning(alert.noRenegotiation)) }]);
  });

  it("is refused with a wrong key", async () => {
    const { at } = await ownServer();
    const trial = openRawSession(bench, at, { ...known, key: Buffer.from("wrong") });
    await expect(trial).rejects.toBeInstanceOf(Refused);
  });
});
