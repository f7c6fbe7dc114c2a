import { describe, expect, it } from "vitest";
import { addressOf } from "./address-of.ts";

describe("the address in a broker's URL", () => {
  it.each([
    ["mqtt://broker.example", { scheme: "mqtt", host: "broker.example", port: 1883 }],
    ["mqtts://10.0.0.1/", { scheme: "mqtts", host: "10.0.0.1", port: 8883 }],
    ["mqtt://[::1]:1884", { scheme: "mqtt", host: "::1", port: 1884 }],
    ["ws://127.0.0.1:9001", { scheme: "ws", host: "127.0.0.1", port: 9001, path: "/mqtt" }],
    ["wss://broker.example/sub/path", { scheme: "wss", host: "broker.example", port: 443, path: "/sub/path" }],
  ])("of %s", (url, where) => {
    expect(addressOf(url)).toEqual(where);
  });

  it.each(["http://x", "mqtt://", "mqtt:1883", "broker", "mqtt://x/topic", "ws://x/mqtt?token=1", "mqtt://x:99999"])(
    "is not found in %s",
    (url) => {
      expect(() => addressOf(url)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
    },
  );

  it("never repeats a password that was put into the URL", () => {
    expect(() => addressOf("mqtt://me:hunter2@x")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });
});
