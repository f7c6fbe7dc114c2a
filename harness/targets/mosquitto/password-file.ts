import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import type { Random } from "#contract/bench.ts";
import type { Login } from "../accounts/lab-identities.ts";

const derive = promisify(pbkdf2);
/** What `mosquitto_passwd` of 2.0 writes; more would slow down every connect of the fleet. */
const iterations = 101;
const saltBytes = 12;
const hashBytes = 64;

/** A Mosquitto password file: `user:$7$<iterations>$<salt>$<PBKDF2-SHA512>`, as `mosquitto_passwd` writes it. */
export async function passwordFile(logins: readonly Login[], random: Random): Promise<string> {
  const salts = logins.map(() => Buffer.from(random.hex(saltBytes), "hex"));
  const lines = logins.map(async ({ username, password }, at) =>
    lineOf(username, password, salts[at] ?? Buffer.alloc(0)),
  );
  return (await Promise.all(lines)).join("");
}

async function lineOf(username: string, password: string, salt: Buffer): Promise<string> {
  const hash = await derive(password, salt, iterations, hashBytes, "sha512");
  return `${username}:$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}
