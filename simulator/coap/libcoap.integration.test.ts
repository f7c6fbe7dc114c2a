import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { benchOf, randomOf, realClock } from "#testing/bench.ts";
import { clientOnLoopback, loopbackSecret, runProgram, serveOnLoopback } from "#testing/coap-on-sockets.ts";
import { startLibcoap, type TestLibcoap } from "#testing/libcoap.ts";
import { connectDtls } from "../dtls/connect-dtls.ts";
import { openUdpLink } from "../link/udp-link.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { openCoapClient } from "./client.ts";
import { code } from "./code.ts";

const host = "127.0.0.1";
const mebibyte = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 31 + (at >> 8)) % 256));
/** With the standard 2 s a megabyte at one datagram lost in ten takes minutes; all other rules are the same. */
const quick = { ackTimeoutMs: 10 };

describe("our client at coap-server", () => {
  let server: TestLibcoap;
  beforeAll(async () => {
    server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "10"] });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("discovers, reads, and waits for a separate response", async () => {
    await using client = await clientOnLoopback();
    const to = { host, port: server.port };
    const get = (path: string) => client.request({ to, code: code.get, path, withinMs: 5_000 });
    expect((await get(".well-known/core")).payload.toString()).toContain("</async>");
    expect((await get("async?1")).payload.toString()).toBe("done");
    expect(await get("nowhere")).toMatchObject({ code: code.notFound });
  });

  it("observes the time, and not any more once it has cancelled", async () => {
    await using client = await clientOnLoopback();
    const times: string[] = [];
    const observation = client.observe({
      to: { host, port: server.port },
      path: "time",
      onState: ({ payload }) => times.push(payload.toString()),
    });
    await observation.established;
    await realClock().sleep(2_300);
    await observation.cancel();
    const seen = times.length;
    expect(seen).toBeGreaterThanOrEqual(3);
    expect(new Set(times).size).toBe(seen);
    await realClock().sleep(1_200);
    expect(times).toHaveLength(seen);
  });

  it("brings a megabyte up and back over a link that loses a tenth of all datagrams", async () => {
    const bench = benchOf([], { clock: realClock(), random: randomOf(3) });
    await using link = await openUdpLink(bench, { host, port: server.port });
    using _ = link.worsen({ lose: 0.1 });
    await using client = await clientOnLoopback(quick);
    const to = { host: link.host, port: link.port };
    const up = await client.request({ to, code: code.put, path: "example_data", payload: mebibyte, withinMs: 60_000 });
    expect([code.created, code.changed]).toContain(up.code);
    const down = await client.request({ to, code: code.get, path: "example_data", withinMs: 60_000 });
    expect(down.payload.equals(mebibyte)).toBe(true);
  });
});

it("reads from coap-server over DTLS with a pre-shared key", async () => {
  await using server = await startLibcoap({ program: "coap-server-openssl", args: ["-k", "secretPSK"] });
  const bench = { clock: realClock(), random: randomOf(5), signal: new AbortController().signal };
  const to = { host, port: server.port + 1 };
  const udp = await openUdpPort({ host, port: 0 });
  const session = await connectDtls(udp, bench, {
    to,
    identity: "any",
    key: Buffer.from("secretPSK"),
    withinMs: 5_000,
  });
  await using client = openCoapClient(session, bench);
  const { payload } = await client.request({ to, code: code.get, path: ".well-known/core", withinMs: 5_000 });
  expect(payload.toString()).toContain("</time>");
});

describe("coap-client at our server", () => {
  const folder = mkdtempSync(join(tmpdir(), "seatrial-coap-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("discovers, reads, and waits for a separate response", async () => {
    await using server = await serveOnLoopback();
    const get = async (path: string) =>
      (await runProgram("coap-client-notls", [`coap://${host}:${server.port}/${path}`])).out;
    expect(await get(".well-known/core")).toContain('</info>;rt="info"');
    expect(await get("info")).toContain("hello");
    expect(await get("slow")).toContain("late");
  });

  it("observes what ticks", async () => {
    await using server = await serveOnLoopback();
    const { out } = await runProgram("coap-client-notls", ["-s", "2", `coap://${host}:${server.port}/time`]);
    expect(out.trim().length).toBeGreaterThanOrEqual(3);
  });

  it.each(["16", "256", "1024"])("brings a body up and back in blocks of %s bytes", async (blockSize) => {
    await using server = await serveOnLoopback({ freshness: "none", maxRequestsPerSecond: 0 });
    const [sent, read] = [join(folder, "sent"), join(folder, "read")];
    const body = mebibyte.subarray(0, 20_000);
    writeFileSync(sent, body);
    const url = `coap://${host}:${server.port}/body`;
    await runProgram("coap-client-notls", ["-b", blockSize, "-m", "put", "-f", sent, url]);
    await runProgram("coap-client-notls", ["-b", blockSize, "-o", read, url]);
    expect(readFileSync(read).equals(body)).toBe(true);
  });

  it("reads within DTLS, whole from the first answer on", async () => {
    await using server = await serveOnLoopback({ secure: true });
    const { identity, key } = loopbackSecret;
    const { out } = await runProgram("coap-client-openssl", [
      "-u",
      identity,
      "-k",
      key,
      `coaps://${host}:${server.port}/.well-known/core`,
    ]);
    expect(out).toContain('</info>;rt="info"');
    expect(server.calls).toHaveLength(1);
  });

  it("gets its change done once although nine in ten of its datagrams come twice", async () => {
    await using server = await serveOnLoopback({ freshness: "none" });
    const bench = benchOf([], { clock: realClock(), random: randomOf(3) });
    await using link = await openUdpLink(bench, { host, port: server.port });
    using _ = link.worsen({ duplicate: 0.9 });
    for (let n = 0; n < 5; n++)
      await runProgram("coap-client-notls", ["-m", "post", `coap://${host}:${link.port}/count`]);
    const { out } = await runProgram("coap-client-notls", [`coap://${host}:${server.port}/count`]);
    expect(out.trim()).toBe("5");
  });
});
