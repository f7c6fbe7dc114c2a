import { pbkdf2Sync } from "node:crypto";
import { expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { passwordFile } from "./password-file.ts";

it("writes each login as mosquitto_passwd does, with a salt of its own", async () => {
  const logins = [
    { username: "one", password: "same" },
    { username: "two", password: "same" },
  ];
  const lines = (await passwordFile(logins, randomOf(1))).trimEnd().split("\n");
  const salts = lines.map((line, at) => {
    const [, username, rounds, salt = "", hash] = /^(.+):\$7\$(\d+)\$(.+)\$(.+)$/.exec(line) ?? [];
    expect([username, rounds]).toEqual([logins[at]?.username, "101"]);
    expect(hash).toBe(pbkdf2Sync("same", Buffer.from(salt, "base64"), 101, 64, "sha512").toString("base64"));
    return salt;
  });
  expect(new Set(salts).size).toBe(2);
});
