import { createHash } from "node:crypto";
import type { Random } from "#contract/bench.ts";

const saltBytes = 4;

/** A password as definitions of RabbitMQ hold it: base64 of a salt, and the SHA-256 of salt and password. */
export function passwordHash(password: string, random: Random): string {
  const salt = Buffer.from(random.hex(saltBytes), "hex");
  const digest = createHash("sha256").update(salt).update(password, "utf8").digest();
  return Buffer.concat([salt, digest]).toString("base64");
}
