import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Mosquitto of the test's own, on a free loopback port. */
export interface TestMosquitto extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/**
 * Starts Mosquitto in a temporary folder.
 * @param config of the listener, lines of mosquitto.conf; `{dir}` stands for the folder, which has `passwords` (made of
 * `users`) and the given `files`.
 */
export async function startMosquitto(
  config: readonly string[],
  users: { readonly [name: string]: string } = {},
  files: { readonly [name: string]: string } = {},
): Promise<TestMosquitto> {
  const dir = mkdtempSync(join(tmpdir(), "seatrial-mosquitto-"));
  const port = await freePort();
  const passwords = join(dir, "passwords");
  writeFileSync(
    passwords,
    Object.entries(users)
      .map(([name, secret]) => `${name}:${secret}\n`)
      .join(""),
    { mode: 0o600 },
  );
  if (Object.keys(users).length > 0) execFileSync("mosquitto_passwd", ["-U", passwords]);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
  const lines = [`listener ${port} 127.0.0.1`, ...config, "persistence false", "user root", "log_type none"];
  writeFileSync(join(dir, "mosquitto.conf"), lines.map((line) => `${line.replaceAll("{dir}", dir)}\n`).join(""));
  const child = spawn("mosquitto", ["-c", join(dir, "mosquitto.conf")], { stdio: "ignore" });
  const exited = once(child, "exit");
  await listening(port);
  return {
    port,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  await once(server, "close");
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

async function listening(port: number): Promise<void> {
  for (let n = 0; n < 100; n += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no Mosquitto on port ${port}`);
}
