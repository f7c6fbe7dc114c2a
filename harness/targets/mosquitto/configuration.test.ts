import { describe, expect, it } from "vitest";
import { configurationOf, type Setting } from "./configuration.ts";

const setting: Setting = {
  posture: "hardened",
  bind: "127.0.0.1",
  port: 1999,
  devices: 100,
  passwords: "/p",
  accessRules: "/a",
  user: "me",
};
const lines = (changes: Partial<Setting>) => configurationOf({ ...setting, ...changes }).split("\n");

describe("the configuration of Mosquitto", () => {
  it("listens where it is told and nowhere else, as the user who started it, in both postures", () => {
    for (const posture of ["weak", "hardened"] as const) {
      expect(lines({ posture })).toEqual(expect.arrayContaining(["listener 1999 127.0.0.1", "user me"]));
      expect(lines({ posture }).filter((line) => line.startsWith("listener"))).toHaveLength(1);
      expect(lines({ posture, bind: "0.0.0.0" })).toContain("listener 1999 0.0.0.0");
    }
  });

  it("admits anybody and limits nothing when weak", () => {
    expect(lines({ posture: "weak" })).toContain("allow_anonymous true");
    expect(
      lines({ posture: "weak", webSocketPort: 2000 }).filter((line) =>
        /^(max_|acl_file|message_size|use_username)/.test(line),
      ),
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

  it("limits the listener for WebSocket as it does the other", () => {
    const all = lines({ webSocketPort: 2000 });
    const limits = ["max_connections 250", "use_username_as_clientid true"];
    const at = all.indexOf("listener 1999 127.0.0.1");
    expect(all.slice(at, -1)).toEqual([
      "listener 1999 127.0.0.1",
      ...limits,
      "listener 2000 127.0.0.1",
      "protocol websockets",
      ...limits,
    ]);
  });

  it("forgets everything at its end, unless it has a folder to keep it in", () => {
    expect(lines({})).toContain("persistence false");
    expect(lines({ persistence: { folder: "/data" } })).toEqual(
      expect.arrayContaining(["persistence true", "persistence_location /data/"]),
    );
  });

  it("publishes its counters every second", () => {
    for (const posture of ["weak", "hardened"] as const) expect(lines({ posture })).toContain("sys_interval 1");
  });
});
