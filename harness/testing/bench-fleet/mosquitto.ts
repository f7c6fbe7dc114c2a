import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A Mosquitto on a free loopback port that admits everybody and limits nobody. */
export interface OwnMosquitto extends AsyncDisposable {
  readonly port: number;
  /** Ends it at once; nothing listens on the port until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * Starts it with its configuration in a temporary folder; disposing ends just this process and removes the folder.
 * @param lines configuration lines to add; `{port}` is not expanded.
 */
export async function ownMosquitto(lines: readonly string[] = ["allow_anonymous true"]): Promise<OwnMosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "seatrial-mosquitto-"));
  const port = await freePort();
  const path = join(folder, "mosquitto.conf");
  const fixed = ["persistence false", "log_type none", "max_connections -1", "max_queued_messages 0"];
  await writeFile(path, [`listener ${port} 127.0.0.1`, ...fixed, ...lines, ""].join("\n"));
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn("mosquitto", ["-c", path], { stdio: "ignore" });
    child.on("error", () => {});
    await untilItListens(port, child);
  };
  const stop = async () => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    port,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function untilItListens(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null || child.pid === undefined) break;
    if (await accepts(port)) return;
    await sleep(50);
  }
  child.kill("SIGKILL");
  throw new Error("mosquitto did not start; is it installed (apt-get install mosquitto)?");
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
