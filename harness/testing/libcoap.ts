import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** A server of libcoap of the test's own, on a free loopback port: CoAP over UDP and TCP; DTLS on the port above it. */
export interface TestLibcoap extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly isRunning: boolean;
  /** What it wrote to standard output and error so far. */
  said(): string;
}

/** The programs that serve; `-notls` speaks no DTLS at all. */
export type LibcoapServer = `coap-${"server" | "rd"}-${"notls" | "openssl" | "gnutls"}`;

/** How often a free pair of ports is looked for before giving up, and how often a server is asked whether it serves. */
const tries = 100;

/**
 * Starts a server and waits until it answers. Throws where it is not installed, ends at once or answers nobody for 5 s:
 * a test that needs a real program fails without it.
 * @param given.args beside `-A <host> -p <port>`: `-d 10`, `-k secretPSK`; `{port}` stands for the port.
 * @param given.host literal address that it binds, 127.0.0.1 unless told otherwise.
 */
export async function startLibcoap(given: {
  readonly program: LibcoapServer;
  readonly args?: readonly string[];
  readonly host?: string;
}): Promise<TestLibcoap> {
  const { program, args = [], host = "127.0.0.1" } = given;
  const port = await freePair(host);
  const named = args.map((word) => word.replaceAll("{port}", String(port)));
  const child = spawn(program, ["-A", host, "-p", String(port), ...named], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => lines.push(String(bytes)));
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", (cause) => {
      lines.push(cause.message);
      resolve();
    });
  });
  const said = () => lines.join("");
  if (!(await serves(child, host, port))) {
    child.kill("SIGKILL");
    throw new Error(`${program} does not serve on ${host}:${port}: ${said()}`);
  }
  return {
    port,
    pid: child.pid ?? 0,
    said,
    get isRunning() {
      return isRunning(child);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

/** Asks for `/.well-known/core` until somebody answers anything. */
async function serves(child: ChildProcess, host: string, port: number): Promise<boolean> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("error", () => {});
  const answered = once(socket, "message").then(() => true);
  try {
    for (let n = 0; n < tries && (n < 2 || isRunning(child)); n += 1) {
      socket.send(
        Buffer.from([0x40, 0x01, n >> 8, n, 0xbb, ...Buffer.from(".well-known"), 4, ...Buffer.from("core")]),
        port,
        host,
      );
      const later = new Promise<false>((resolve) => setTimeout(() => resolve(false), 50));
      if (await Promise.race([answered, later])) return isRunning(child);
    }
    return false;
  } finally {
    socket.close();
  }
}

/** A port that is free for UDP and TCP, as is the one above it, where libcoap puts DTLS and TLS. */
async function freePair(host: string): Promise<number> {
  for (let n = 0; n < tries; n += 1) {
    const port = await anyFree(host);
    if (await areFree(host, [port, port + 1])) return port;
  }
  throw new Error("no free pair of ports");
}

async function anyFree(host: string): Promise<number> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function areFree(host: string, ports: readonly number[]): Promise<boolean> {
  const all = ports.flatMap((port) => [isUdpFree(host, port), isTcpFree(host, port)]);
  return (await Promise.all(all)).every(Boolean);
}

function isUdpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

function isTcpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
