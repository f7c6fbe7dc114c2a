import { describe, expect, it } from "vitest";
import { configurationOf, type Setting } from "./configuration.ts";

const setting: Setting = {
  posture: "hardened",
  port: 1999,
  devices: 100,
  passwords: "/p",
  accessRules: "/a",
  user: "me",
};
const lines = (changes: Partial<Setting>) => configurationOf({ ...setting, ...changes }).split("\n");

describe("the configuration of Mosquitto", () => {
  it("listens on loopback only, as the user who started it, in both postures", () => {
    for (const posture of ["weak", "hardened"] as const) {
      expect(lines({ posture })).toEqual(expect.arrayContaining(["listener 1999 127.0.0.1", "user me"]));
      expect(lines({ posture }).filter((line) => line.startsWith("listener"))).toHaveLength(1);
    }
  });

  it("admits anybody and limits nothing when weak", () => {
    expect(lines({ posture: "weak" })).toContain("allow_anonymous true");
    expect(
      lines({ posture: "weak" }).filter((line) => /^(max_|acl_file|message_size|use_username)/.test(line)),
    ).toEqual([]);
  });

  it("leaves room for the fleet and 150 others when hardened", () => {
    expect(lines({ devices: 10_000 })).toContain("max_connections 10150");
  });

  it("has access rules and bound client ids when hardened", () => {
    expect(lines({})).toEqual(
      expect.arrayContaining(["allow_anonymous false", "acl_file /a", "use_username_as_clientid true"]),
    );
  });
});
