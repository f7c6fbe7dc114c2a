import { expect, it } from "vitest";
import { topicsBelow } from "#contract/identity.ts";
import { loopback } from "#testing/bench.ts";
import { brokerOf, deviceServerOf, fieldFilter, rootOf } from "./home.ts";

const victim = { clientId: "victim", topics: topicsBelow("site/devices/victim") };

it("finds the listener of each protocol, whichever is the main one", () => {
  const [mqtt, coap, coaps] = [loopback(1883), loopback(5683, "coap"), loopback(5684, "coaps")];
  expect(brokerOf({ at: coap, listeners: [coap, coaps, mqtt] })).toBe(mqtt);
  expect(deviceServerOf({ at: mqtt, listeners: [mqtt, coap, coaps] }).at).toBe(coap);
  expect(deviceServerOf({ at: mqtt, listeners: [coaps] }).at).toBe(coaps);
  expect(() => brokerOf({ at: coap, listeners: [] })).toThrow("no listener for mqtt");
});

it("names what any gateway says of a device, and nothing else", () => {
  expect(rootOf(victim)).toBe("site/devices/victim");
  expect(fieldFilter(victim)).toBe("site/devices/+/field/victim/#");
});
