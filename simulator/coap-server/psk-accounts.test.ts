import { describe, expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { makePskAccounts } from "./psk-accounts.ts";

const rules = { pskKeys: "per-device", plainAccess: "public-only", pathAuthorization: "own-paths" } as const;

function accounts(more: Partial<Parameters<typeof makePskAccounts>[2]> = {}) {
  return makePskAccounts(randomOf(3), 2, { ...rules, ...more });
}

function keysOf({ identities: { operator, intruder, victim, devices } }: ReturnType<typeof accounts>) {
  return [operator, intruder, victim, ...devices].map((identity) => identity?.password);
}

describe("the accounts of the device server", () => {
  it("have a key each, which is what the identity carries as password", () => {
    const made = accounts();
    expect(new Set(keysOf(made)).size).toBe(5);
    const { victim, devices } = made.identities;
    expect(made.keyOf("victim")).toEqual(Buffer.from(victim?.password ?? ""));
    expect(devices.map(({ username, topics }) => [username, topics.command])).toEqual([
      ["device-0001", "devices/device-0001/command"],
      ["device-0002", "devices/device-0002/command"],
    ]);
    expect([...made.deviceIds]).toEqual(["intruder", "victim", "device-0001", "device-0002"]);
    expect(made.keyOf("Client_identity")).toBeUndefined();
  });

  it("share the key of all devices, but not the operator's, where keys are shared", () => {
    const [operator, ...devices] = keysOf(accounts({ pskKeys: "shared" }));
    expect(new Set(devices).size).toBe(1);
    expect(devices[0]).not.toBe(operator);
  });

  it("all have the key of the manuals where it is the default, and one identity more", () => {
    const made = accounts({ pskKeys: "default" });
    expect(new Set(keysOf(made))).toEqual(new Set(["secretPSK"]));
    expect(made.keyOf("Client_identity")).toEqual(Buffer.from("secretPSK"));
    expect(made.principalOf({ host: "127.0.0.1", port: 1, identity: "Client_identity" }).role).toBe("staff");
  });

  it("make one staff and the others devices, and a stranger of who has no identity", () => {
    const made = accounts();
    const role = (identity?: string) =>
      made.principalOf({ host: "127.0.0.2", port: 9, ...(identity !== undefined && { identity }) }).role;
    expect([role("operator"), role("victim"), role()]).toEqual(["staff", "device", "stranger"]);
    expect(made.principalOf({ host: "127.0.0.2", port: 9 })).toMatchObject({
      name: "127.0.0.2:9",
      countedAs: "127.0.0.2",
    });
  });

  it.each([
    [{ plainAccess: "open" }, ["device", "staff"]],
    [{ pathAuthorization: "open" }, ["staff", "stranger"]],
  ] as const)("make staff of whom %j lets in", (more, roles) => {
    const made = accounts(more);
    const peer = { host: "127.0.0.1", port: 9 };
    expect([made.principalOf({ ...peer, identity: "victim" }).role, made.principalOf(peer).role]).toEqual(roles);
  });
});

it("takes the passwords of another part of the system for keys, where each identity has a key of its own", () => {
  const admit = { operator: { clientId: "operator", password: "o" }, devices: [] };
  expect(makePskAccounts(randomOf(3), 1, rules, admit).keyOf("operator")?.toString()).toBe("o");
  const shared = makePskAccounts(randomOf(3), 1, { ...rules, pskKeys: "default" }, admit);
  expect(shared.keyOf("operator")?.toString()).toBe("secretPSK");
});
