import { expect, it } from "vitest";
import type { DeviceAction } from "#contract/device.ts";
import { OfflineBuffer } from "./offline-buffer.ts";

const send = (sequence: number, payload: string): DeviceAction => ({
  kind: "publish",
  topic: "t",
  payload,
  qos: 1,
  sequence,
});

it("never holds more than its capacity, in flight or not", () => {
  const buffer = new OfflineBuffer(2);
  buffer.keepInFlight(1, "a");
  buffer.keep(2, "b");
  expect(buffer.keep(3, "c")).toEqual([{ kind: "reading", sequence: 3, fate: "buffered" }]);
  expect(buffer.keep(4, "d")).toContainEqual({ kind: "reading", sequence: 2, fate: "dropped" });
  expect(buffer.size).toBe(2);
});

it("forgets what was acknowledged, and nothing else", () => {
  const buffer = new OfflineBuffer(3);
  buffer.keepInFlight(1, "a");
  buffer.keepInFlight(2, "b");
  buffer.acknowledged(1);
  buffer.acknowledged(99);
  expect(buffer.lost()).toEqual([{ kind: "reading", sequence: 2, fate: "buffered" }]);
});

it("is empty after a flush that nobody acknowledges", () => {
  const buffer = new OfflineBuffer(3);
  buffer.keep(1, "a");
  expect(buffer.flush(send, false)).toEqual([send(1, "a"), { kind: "reading", sequence: 1, fate: "sent" }]);
  expect(buffer.size).toBe(0);
});
