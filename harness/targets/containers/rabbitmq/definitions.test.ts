import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Posture } from "#contract/target.ts";
import { randomOf } from "#testing/bench.ts";
import type { BrokerAccount } from "../broker-accounts.ts";
import { definitionsOf } from "./definitions.ts";

interface Named {
  readonly user: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

interface Definitions {
  readonly users: readonly {
    readonly name: string;
    readonly password_hash: string;
    readonly tags: readonly string[];
    readonly limits?: object;
  }[];
  readonly permissions: readonly Named[];
  readonly topic_permissions?: readonly Named[];
  readonly parameters?: readonly { readonly value: object }[];
}

const accounts: readonly BrokerAccount[] = [
  { username: "operator", password: "o", may: "all" },
  { username: "counts", password: "c", may: "read all" },
  { username: "d1", password: "same", may: "own" },
  { username: "d2", password: "same", may: "own" },
  { username: "d.+", password: `"\\\n€`, may: "own" },
];

function definitions(posture: Posture, devices = 3): Definitions {
  const parsed: Definitions = JSON.parse(definitionsOf({ posture, devices, accounts, random: randomOf(1) }));
  return parsed;
}

const found = <T extends object>(some: readonly T[] | undefined, is: (each: T) => boolean): T => {
  const each = some?.find(is);
  if (each === undefined) throw new Error("not among the definitions");
  return each;
};
/** Whether this account may do it, as RabbitMQ decides: an empty expression matches nothing but nothing. */
const may = (some: readonly Named[] | undefined, who: string, what: "configure" | "write" | "read", name: string) =>
  new RegExp(found(some, ({ user }) => user === who)[what] || "^$").test(name);

function isPassword(password: string, hash: string): boolean {
  const bytes = Buffer.from(hash, "base64");
  const digest = createHash("sha256").update(bytes.subarray(0, 4)).update(password).digest();
  return digest.equals(bytes.subarray(4));
}

describe("the accounts of RabbitMQ", () => {
  it("have the passwords of the identities, whatever these are made of, each with a salt of its own", () => {
    for (const posture of ["weak", "hardened"] as const) {
      const { users } = definitions(posture);
      for (const { username, password } of accounts) {
        expect(isPassword(password, found(users, ({ name }) => name === username).password_hash)).toBe(true);
      }
      expect(new Set(users.map(({ password_hash }) => password_hash)).size).toBe(users.length);
    }
  });

  it("are administrators with guest/guest and admin/admin among them when weak", () => {
    const { users, permissions, topic_permissions } = definitions("weak");
    for (const known of ["guest", "admin"]) {
      expect(isPassword(known, found(users, ({ name }) => name === known).password_hash)).toBe(true);
    }
    expect(users.every(({ tags }) => tags.includes("administrator"))).toBe(true);
    expect(permissions.every(({ configure, write, read }) => configure + write + read === ".*.*.*")).toBe(true);
    expect(topic_permissions).toBeUndefined();
  });

  it("are those of the identities, without tags, when hardened", () => {
    const { users } = definitions("hardened");
    expect(users.map(({ name }) => name)).toEqual(accounts.map(({ username }) => username));
    expect(users.flatMap(({ tags }) => tags)).toEqual([]);
  });
});

describe("the rights of a hardened RabbitMQ", () => {
  const { permissions, topic_permissions: topics, users, parameters } = definitions("hardened");

  it("name every account, as one that is not named may use all topics", () => {
    const names = accounts.map(({ username }) => username);
    expect(permissions.map(({ user }) => user)).toEqual(names);
    expect(topics?.map(({ user }) => user)).toEqual(names);
  });

  it("let a device use its own topics in both directions, and no pattern that reaches further", () => {
    for (const what of ["write", "read"] as const) {
      expect(may(topics, "d1", what, "devices.d1.telemetry")).toBe(true);
      for (const other of ["devices.d2.telemetry", "devices.d11.state", "devices.*.state", "#", "x.devices.d1.a"]) {
        expect([other, may(topics, "d1", what, other)]).toEqual([other, false]);
      }
    }
    expect(may(topics, "d1", "read", "devices.d1.#")).toBe(true);
  });

  it("take a name for what it is, not for an expression", () => {
    expect(may(topics, "d.+", "read", "devices.d.+.state")).toBe(true);
    expect(may(topics, "d.+", "read", "devices.d11.state")).toBe(false);
    expect(may(permissions, "d.+", "configure", "mqtt-subscription-d11qos1")).toBe(false);
  });

  it("let the witness read everything and write nothing, and the operator both", () => {
    expect(may(topics, "counts", "read", "devices.d1.telemetry")).toBe(true);
    expect(may(topics, "counts", "write", "devices.d1.command")).toBe(false);
    expect(may(permissions, "counts", "write", "amq.topic")).toBe(false);
    expect(may(topics, "operator", "write", "devices.d1.command")).toBe(true);
    expect(may(topics, "operator", "read", "#")).toBe(true);
  });

  it("let a device subscribe and publish, but not touch the queue of another client id", () => {
    for (const what of ["configure", "write", "read"] as const) {
      expect(may(permissions, "d1", what, "mqtt-subscription-d1qos1")).toBe(true);
      expect(may(permissions, "d1", what, "mqtt-subscription-d2qos1")).toBe(false);
    }
    expect(may(permissions, "d1", "write", "amq.topic")).toBe(true);
    expect(may(permissions, "d1", "read", "amq.topic")).toBe(true);
    expect(may(permissions, "d1", "configure", "amq.topic")).toBe(false);
    expect(may(permissions, "d1", "write", "amqxtopic")).toBe(false);
  });

  it("limit the connections of each device, and of all to the fleet and 150 others", () => {
    expect(found(users, ({ name }) => name === "d1").limits).toEqual({ "max-connections": 5 });
    expect(found(users, ({ name }) => name === "operator").limits).toBeUndefined();
    expect(parameters?.map(({ value }) => value)).toEqual([{ "max-connections": 153 }]);
  });
});
