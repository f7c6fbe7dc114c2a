import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { randomOf, realClock } from "#testing/bench.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { connectDtls, type DtlsClientOptions } from "./connect-dtls.ts";
import { startDtlsServer } from "./dtls-server.ts";
import { type DtlsServerKnobs, hardenedDtls } from "./server-knobs.ts";
import { type DtlsVersion, dtlsVersion } from "./version.ts";

const bench = { clock: realClock(), random: randomOf(12), signal: new AbortController().signal };
const identity = "lock-1";
const key = Buffer.from("correct horse");
const anyPort = () => openUdpPort({ host: "127.0.0.1", port: 0 });
/** What OpenSSL is told on either side. */
const shared = ["-psk", key.toString("hex"), "-psk_identity", identity];

/** The two strong ones first. */
const suites: readonly (readonly [string, string, number, DtlsVersion])[] = [
  ["-dtls1_2", "PSK-AES128-GCM-SHA256", 0x00a8, dtlsVersion["1.2"]],
  ["-dtls1_2", "PSK-AES128-CCM8:@SECLEVEL=0", 0xc0a8, dtlsVersion["1.2"]],
  ["-dtls1_2", "PSK-AES128-CBC-SHA:@SECLEVEL=0", 0x008c, dtlsVersion["1.2"]],
  ["-dtls1_2", "PSK-AES256-CBC-SHA:@SECLEVEL=0", 0x008d, dtlsVersion["1.2"]],
  ["-dtls1_2", "PSK-NULL-SHA:@SECLEVEL=0", 0x002c, dtlsVersion["1.2"]],
  ["-dtls1_2", "PSK-NULL-SHA256:@SECLEVEL=0", 0x00b0, dtlsVersion["1.2"]],
  ["-dtls1", "PSK-AES128-CBC-SHA:@SECLEVEL=0", 0x008c, dtlsVersion["1.0"]],
  ["-dtls1", "PSK-AES256-CBC-SHA:@SECLEVEL=0", 0x008d, dtlsVersion["1.0"]],
  ["-dtls1", "PSK-NULL-SHA:@SECLEVEL=0", 0x002c, dtlsVersion["1.0"]],
];
let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** OpenSSL, what it has said, and a promise of its saying something. */
function openssl(args: readonly string[]) {
  const child: ChildProcess = spawn("openssl", args, { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  stack.defer(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  let said = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (bytes) => {
      said += String(bytes);
      for (const look of waiting) look();
    });
  }
  const says = async (...words: readonly string[]): Promise<string> => {
    const isSaid = () => words.some((word) => said.includes(word));
    const heard = new Promise<void>((resolve) => waiting.add(() => isSaid() && resolve()));
    if (!isSaid()) await Promise.race([heard, ended]);
    return said;
  };
  return { child, says };
}

const keyOf = (name: string) => (name === identity ? key : undefined);

/** Our server, which repeats what it hears with a word before it. */
async function ownServer(knobs: Partial<DtlsServerKnobs>) {
  const server = stack.use(startDtlsServer(await anyPort(), bench, { knobs: { ...hardenedDtls, ...knobs }, keyOf }));
  server.hear((bytes, from) => server.send(Buffer.from(`heard ${bytes.toString()}`), from));
  return server;
}

async function free(): Promise<number> {
  const port = await anyPort();
  await port.close();
  return port.local.port;
}

/** An s_server, and how to connect to it. */
async function served(flag: string, cipher: string, more: readonly string[] = []) {
  const port = await free();
  const accept = ["-accept", `127.0.0.1:${port}`, "-nocert", "-cipher", cipher];
  const server = openssl(["s_server", flag, ...accept, ...shared, ...more]);
  await server.says("ACCEPT");
  const connect = async (given: Partial<DtlsClientOptions>) => {
    const to = { host: "127.0.0.1", port };
    return stack.use(await connectDtls(await anyPort(), bench, { to, identity, key, withinMs: 3_000, ...given }));
  };
  return { server, connect };
}

describe("our server and openssl s_client", () => {
  it.each(suites)("agree with %s on %s where the knobs allow it", async (flag, cipher) => {
    const server = await ownServer({ dtlsSuites: "weak", dtlsVersions: "1.0-too", pskHint: "hint" });
    const to = ["-connect", `127.0.0.1:${server.local.port}`];
    const client = openssl(["s_client", flag, ...to, ...shared, "-cipher", cipher]);
    expect(await client.says("Verify return code")).toContain(`Cipher is ${cipher.split(":")[0]}`);
    client.child.stdin?.write("open\n");
    expect(await client.says("heard open")).toContain("heard open");
  });

  it.each(suites.slice(0, 2))("agree with %s on %s as it is", async (flag, cipher) => {
    const server = await ownServer({});
    const to = ["-connect", `127.0.0.1:${server.local.port}`];
    const client = openssl(["s_client", flag, ...to, ...shared, "-cipher", cipher]);
    expect(await client.says("Verify return code")).toContain("Verify return code: 0");
    expect(server.counts.completed).toBe(1);
  });

  it.each(suites.slice(2))("do not agree with %s on %s as it is", async (flag, cipher) => {
    const server = await ownServer({});
    const to = ["-connect", `127.0.0.1:${server.local.port}`];
    const client = openssl(["s_client", flag, ...to, ...shared, "-cipher", cipher]);
    expect(await client.says("SSL alert number")).toMatch(flag === "-dtls1" ? /number 70/ : /number 40/);
    expect(server.counts).toMatchObject({ completed: 0, refused: 1 });
  });
});

describe("our client and openssl s_server", () => {
  it.each(suites)("agree with %s on %s", async (flag, cipher, suite, version) => {
    const { server, connect } = await served(flag, cipher, ["-psk_hint", "hint"]);
    const session = await connect({ suites: [suite], version });
    expect(session).toMatchObject({ suite: { id: suite }, version });
    const { promise, resolve } = Promise.withResolvers<string>();
    session.hear((bytes) => resolve(bytes.toString()));
    session.send(Buffer.from("from the client\n"));
    expect(await server.says("from the client")).toContain("from the client");
    server.child.stdin?.write("from the server\n");
    expect(await promise).toBe("from the server\n");
  });

  it("do not agree where they have no suite in common, and our client hears so", async () => {
    const { connect } = await served("-dtls1_2", "PSK-AES128-GCM-SHA256");
    const trial = connect({ suites: [0xc0a8] });
    await expect(trial).rejects.toBeInstanceOf(Refused);
    await expect(trial).rejects.toMatchObject({ code: "alert 40" });
  });
});
