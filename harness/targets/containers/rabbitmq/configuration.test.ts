import { describe, expect, it } from "vitest";
import type { Posture } from "#contract/target.ts";
import { configurationOf } from "./configuration.ts";

const lines = (posture: Posture, devices = 100) =>
  configurationOf({
    posture,
    devices,
    definitions: "/d.json",
    mqttPort: 1999,
    webSocketPort: 2000,
    webSocketPath: "/x",
    memoryBytes: 1_000_000,
  }).split("\n");

function numberOf(name: string): number {
  const line = lines("hardened").find((each) => each.startsWith(`${name} = `));
  return Number(line?.split(" = ")[1]);
}

describe("the configuration of RabbitMQ", () => {
  it("says where to listen and which definitions to load, in both postures", () => {
    for (const posture of ["weak", "hardened"] as const) {
      expect(lines(posture)).toEqual(
        expect.arrayContaining([
          "load_definitions = /d.json",
          "mqtt.listeners.tcp.default = 0.0.0.0:1999",
          "web_mqtt.tcp.port = 2000",
          "web_mqtt.ws_path = /x",
        ]),
      );
    }
  });

  it("makes everybody guest, from wherever they come, when weak", () => {
    expect(lines("weak")).toEqual(
      expect.arrayContaining(["mqtt.allow_anonymous = true", "mqtt.default_user = guest", "loopback_users = none"]),
    );
    expect(lines("weak").filter((line) => /^max_|\.max_|high_watermark|timeout/.test(line))).toEqual([]);
  });

  it("admits nobody without a name, and speaks no AMQP, when hardened", () => {
    expect(lines("hardened")).toEqual(
      expect.arrayContaining(["mqtt.allow_anonymous = false", "loopback_users.guest = true", "listeners.tcp = none"]),
    );
    expect(lines("hardened").filter((line) => line.includes("default_user"))).toEqual([]);
  });

  it("leaves a frame over WebSocket more room than a message", () => {
    expect(numberOf("max_message_size")).toBe(16_384);
    expect(numberOf("web_mqtt.ws_opts.max_frame_size")).toBeGreaterThan(16_384);
  });

  it("fits its limits to the fleet and to the memory of its container", () => {
    expect(lines("hardened", 10_000)).toEqual(
      expect.arrayContaining([
        "web_mqtt.max_connections = 10150",
        "vm_memory_high_watermark.absolute = 800000",
        "total_memory_available_override_value = 1000000",
      ]),
    );
  });
});
