import { spawn } from "node:child_process";
import { once } from "node:events";
import { CoapClient } from "node-coap-client";
import { afterEach, describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf, realClock } from "#testing/bench.ts";
import { startLibcoap } from "#testing/libcoap.ts";
import { decode, encode, isMessage, messageType } from "../coap/message.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { connectDtls, type DtlsClientOptions } from "./connect-dtls.ts";
import { type DtlsServer, startDtlsServer } from "./dtls-server.ts";
import { type DtlsServerKnobs, hardenedDtls } from "./server-knobs.ts";
import { dtlsVersion } from "./version.ts";

const bench = { clock: realClock(), random: randomOf(11), signal: new AbortController().signal };
const identity = "lock-1";
const key = Buffer.from("correct horse");
const anyPort = () => openUdpPort({ host: "127.0.0.1", port: 0 });

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** A server that answers every request with who asked, and a ping with a reset. */
async function ownServer(knobs: Partial<DtlsServerKnobs> = {}): Promise<DtlsServer> {
  const options = {
    knobs: { ...hardenedDtls, ...knobs },
    keyOf: (name: string) => (name === identity ? key : undefined),
  };
  const server = stack.use(startDtlsServer(await anyPort(), bench, options));
  server.hear((bytes, from) => {
    const asked = decode(bytes);
    if (!isMessage(asked)) return;
    const said = {
      ...asked,
      options: [],
      payload: Buffer.from(asked.code === 0 ? "" : `hello ${from.identity ?? ""}`),
    };
    if (asked.code === 0) server.send(encode({ ...said, type: messageType.rst }), from);
    else server.send(encode({ ...said, type: messageType.ack, code: 69 }), from);
  });
  return server;
}

/** What a libcoap client prints. */
async function coapClient(program: string, to: DtlsServer, args: readonly string[]): Promise<string> {
  const uri = `coaps://127.0.0.1:${to.local.port}/state`;
  const child = spawn(program, ["-B", "5", ...args, "-m", "get", uri], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (said += String(bytes)));
  await once(child, "close");
  return said;
}

/** Asks a CoAP server for its root, and gives the code of the answer. */
async function ask(port: number, given: Partial<DtlsClientOptions> = {}): Promise<string> {
  const to = { host: "127.0.0.1", port };
  const session = await connectDtls(await anyPort(), bench, { to, identity, key, withinMs: 3_000, ...given });
  await using open = session;
  const { promise, resolve } = Promise.withResolvers<string>();
  open.hear((bytes) => {
    const answer = decode(bytes);
    resolve(isMessage(answer) ? `${answer.code >> 5}.0${answer.code & 31}` : "no message");
  });
  const none = Buffer.alloc(0);
  open.send(
    encode({ type: messageType.con, code: 1, messageId: 7, token: Buffer.from("t"), options: [], payload: none }),
  );
  return await promise;
}

describe.each(["", "a hint"])("our server, with the hint '%s'", (pskHint) => {
  it.each(["coap-client-openssl", "coap-client-gnutls"])("answers %s", async (program) => {
    const server = await ownServer({ pskHint });
    expect(await coapClient(program, server, ["-u", identity, "-k", key.toString()])).toContain("hello lock-1");
    expect(server.counts.completed).toBe(1);
  });

  it("answers node-coap-client", async () => {
    const server = await ownServer({ pskHint });
    CoapClient.setSecurityParams("127.0.0.1", { psk: { [identity]: key.toString() } });
    try {
      const { payload } = await CoapClient.request(`coaps://127.0.0.1:${server.local.port}/state`, "get");
      expect(payload?.toString()).toBe("hello lock-1");
    } finally {
      CoapClient.reset();
    }
  });
});

describe("our server", () => {
  it("tells a client of libcoap that its key is wrong", async () => {
    const server = await ownServer();
    const said = await coapClient("coap-client-gnutls", server, ["-v", "6", "-u", identity, "-k", "wrong"]);
    expect(said).toContain("Decrypt error");
    expect(server.counts).toMatchObject({ completed: 0, refused: 1 });
  });
});

describe.each(["coap-server-openssl", "coap-server-gnutls"] as const)("our client", (program) => {
  const start = async (...args: readonly string[]) => {
    const server = stack.use(await startLibcoap({ program, args: ["-k", key.toString(), ...args] }));
    return server.port + 1;
  };

  it.each([
    ["CCM_8", 0xc0a8],
    ["GCM", 0x00a8],
  ])(`speaks %s with ${program}, with a hint and without`, async (_name, suite) => {
    expect(await ask(await start(), { suites: [suite] })).toBe("2.05");
    expect(await ask(await start("-h", "a hint"), { suites: [suite] })).toBe("2.05");
  });

  it(`is refused by ${program} where it offers nothing but a suite without encryption`, async () => {
    for (const suite of [0x002c, 0x00b0]) {
      const trial = ask(await start(), { suites: [suite] });
      await expect(trial).rejects.toBeInstanceOf(Refused);
      await expect(trial).rejects.toMatchObject({ code: "alert 40" });
    }
  });

  it(`hears nothing from ${program} with a wrong key, which is no refusal`, async () => {
    const trial = ask(await start(), { key: Buffer.from("wrong"), withinMs: 1_500 });
    await expect(trial).rejects.toThrow("no Finished in 1500 ms");
    await expect(trial).rejects.not.toBeInstanceOf(Refused);
  });

  it(`finds out whether ${program} still speaks DTLS 1.0`, async () => {
    const trial = ask(await start(), { version: dtlsVersion["1.0"], suites: [0x008c] });
    const code = await trial.catch((cause: unknown) => (cause instanceof Refused ? cause.code : String(cause)));
    expect(code).toBe(program === "coap-server-gnutls" ? "2.05" : "alert 70");
  });
});
