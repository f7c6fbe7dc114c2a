import { describe, expect, it } from "vitest";
import type { Posture } from "#contract/target.ts";
import type { BrokerAccount } from "../broker-accounts.ts";
import { aclOf, configurationOf, passwordsOf } from "./configuration.ts";

const lines = (posture: Posture) =>
  configurationOf({
    posture,
    mqttPort: 1999,
    webSocketPort: 2000,
    webSocketPath: "/x",
    passwords: "/p",
    acl: "/a",
  })
    .split("\n")
    .map((line) => line.trim());

const accounts: readonly BrokerAccount[] = [
  { username: "operator", password: "o", may: "all" },
  { username: "counts", password: "c", may: "read all" },
  { username: 'd"1', password: 'a"\\b\n: ${x}', may: "own" },
];

describe("the configuration of NanoMQ", () => {
  it("listens where it is told and reads both lists, in both postures", () => {
    for (const posture of ["weak", "hardened"] as const) {
      expect(lines(posture)).toEqual(
        expect.arrayContaining([
          'listeners.tcp { bind = "0.0.0.0:1999" }',
          'listeners.ws { bind = "0.0.0.0:2000/x" }',
          'password = {include "/p"}',
          'acl = {include "/a"}',
        ]),
      );
    }
  });

  it("turns around what it does with strangers", () => {
    expect(lines("weak")).toEqual(expect.arrayContaining(["allow_anonymous = true", "no_match = allow"]));
    expect(lines("hardened")).toEqual(expect.arrayContaining(["allow_anonymous = false", "no_match = deny"]));
    expect(lines("hardened")).toContain("max_packet_size = 20KB");
    expect(lines("weak").filter((line) => line.startsWith("max_"))).toEqual([]);
  });
});

describe("the passwords of NanoMQ", () => {
  it("are one line each, quoted, whatever they are made of", () => {
    const last = passwordsOf("hardened", accounts).trimEnd().split("\n").at(-1) ?? "";
    expect(last).toBe(String.raw`"d\"1": "a\"\\b\n: ${"${x}"}"`);
    expect(JSON.parse(`{${last}}`)).toEqual({ 'd"1': 'a"\\b\n: ${x}' });
  });

  it("have the users that everybody knows among them when weak alone", () => {
    expect(passwordsOf("weak", accounts)).toContain('"admin": "public"');
    expect(passwordsOf("hardened", accounts)).not.toContain("public");
  });
});

function rulesOf(posture: Posture): readonly object[] {
  const rules = aclOf(posture, accounts).split("\n").slice(1, -2);
  return rules.map((line): object => JSON.parse(line));
}

describe("the access list of NanoMQ", () => {
  it("allows everything when weak", () => expect(rulesOf("weak")).toEqual([{ permit: "allow" }]));

  it("names operator and witness, gives each device its own, and denies the rest", () => {
    expect(rulesOf("hardened")).toEqual([
      { permit: "allow", username: "operator", action: "pubsub", topics: ["#", "$SYS/#"] },
      { permit: "allow", username: "counts", action: "subscribe", topics: ["#"] },
      { permit: "allow", username: "#", action: "pubsub", topics: ["devices/${username}/#"] },
      { permit: "deny" },
    ]);
  });
});
