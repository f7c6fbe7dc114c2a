import { expect, it } from "vitest";
import type { Message } from "./session.ts";
import { leaksIn } from "./system-topics.ts";

const message = (topic: string, payload: string): Message => ({ topic, payload, retain: false, dup: false, qos: 0 });

it("finds an exact version, and takes no counter for one", () => {
  const seen = [
    message("$SYS/broker/version", "mosquitto version 2.0.11"),
    message("$SYS/broker/load/messages/received/1min", "12.34"),
    message("$SYS/broker/uptime", "17 seconds"),
  ];
  expect(leaksIn(seen, ["victim"])).toEqual({
    messages: 3,
    versions: ["$SYS/broker/version"],
    clientIds: [],
    addresses: [],
  });
});

it("does not call a version what is not exact", () => {
  expect(leaksIn([message("$SYS/broker/version", "mosquitto 2")], []).versions).toEqual([]);
});

it("finds client ids of others in payloads and in topics", () => {
  const seen = [message("$SYS/x/new/clients", "victim"), message("$SYS/clients/meter-7/state", "on")];
  expect(leaksIn(seen, ["victim", "meter-7", "absent"]).clientIds).toEqual(["victim", "meter-7"]);
});

it("does not find an id inside a longer word", () => {
  const seen = [message("$SYS/victims", "the victim-2"), message("$SYS/x", "myvictim")];
  expect(leaksIn(seen, ["victim"]).clientIds).toEqual([]);
});

it("finds addresses", () => {
  expect(leaksIn([message("$SYS/log", "client from 10.0.0.7:4711")], []).addresses).toEqual(["10.0.0.7"]);
});

it("looks only below $SYS", () => {
  expect(leaksIn([message("devices/victim/telemetry", "victim 10.0.0.7")], ["victim"]).messages).toBe(0);
});
