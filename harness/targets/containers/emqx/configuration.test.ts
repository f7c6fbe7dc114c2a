import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Posture } from "#contract/target.ts";
import { randomOf } from "#testing/bench.ts";
import type { BrokerAccount } from "../broker-accounts.ts";
import { closedAcl, openAcl } from "./acl.ts";
import { configurationOf } from "./configuration.ts";
import { usersFile } from "./users.ts";

const lines = (posture: Posture) =>
  configurationOf({
    posture,
    devices: 100,
    cookie: "secret",
    mqttPort: 1999,
    webSocketPort: 2000,
    webSocketPath: "/x",
    users: "/u.json",
    acl: "/a.conf",
  })
    .split("\n")
    .map((line) => line.trim());

const accounts: readonly BrokerAccount[] = [
  { username: "operator", password: "o", may: "all" },
  { username: `wit"ness\\`, password: "w", may: "read all" },
  { username: "d1", password: `"€\n`, may: "own" },
];

describe("the configuration of EMQX", () => {
  it("listens where it is told, with a cookie of its own, in both postures", () => {
    for (const posture of ["weak", "hardened"] as const) {
      expect(lines(posture)).toEqual(
        expect.arrayContaining(['bind = "0.0.0.0:1999"', 'bind = "0.0.0.0:2000"', 'cookie = "secret"']),
      );
    }
  });

  it("asks nobody for a password and allows what no rule is about when weak", () => {
    expect(lines("weak")).toEqual(expect.arrayContaining(["authentication = []", "no_match = allow"]));
    expect(lines("weak").filter((line) => line.startsWith("max_"))).toEqual([]);
  });

  it("asks for passwords, denies what no rule allows, and limits both listeners when hardened", () => {
    expect(lines("hardened")).toEqual(
      expect.arrayContaining([
        "authentication = [{",
        'bootstrap_file = "/u.json"',
        'bootstrap_type = "hash"',
        "no_match = deny",
        "use_username_as_clientid = true",
      ]),
    );
    expect(lines("hardened").filter((line) => line === "max_connections = 250")).toHaveLength(2);
  });

  it("opens and closes as many brackets", () => {
    for (const posture of ["weak", "hardened"] as const) {
      const text = lines(posture).join("");
      expect(text.match(/[{[]/g)?.length).toBe(text.match(/[}\]]/g)?.length);
    }
  });
});

describe("the access list of EMQX", () => {
  it("allows everything when weak", () => expect(openAcl).toBe("{allow, all}.\n"));

  it("names operator and witness, gives each device its own, and denies the rest", () => {
    expect(closedAcl(accounts).split("\n")).toEqual([
      '{allow, {username, "operator"}, all, ["#", "$SYS/#"]}.',
      String.raw`{allow, {username, "wit\"ness\\"}, subscribe, ["#"]}.`,
      '{allow, all, all, ["devices/${username}/#"]}.',
      "{deny, all}.",
      "",
    ]);
  });
});

it("gives EMQX users whose hash is that of password and salt, and no superuser", () => {
  const users: readonly { [name: string]: unknown }[] = JSON.parse(usersFile(accounts, randomOf(1)));
  expect(users.map(({ user_id }) => user_id)).toEqual(accounts.map(({ username }) => username));
  for (const [at, { password_hash, salt, is_superuser }] of users.entries()) {
    const password = `${accounts[at]?.password}${String(salt)}`;
    expect(password_hash).toBe(createHash("sha256").update(password).digest("hex"));
    expect(is_superuser).toBe(false);
  }
  expect(new Set(users.map(({ salt }) => salt)).size).toBe(users.length);
});
