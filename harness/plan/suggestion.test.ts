import { expect, it } from "vitest";
import { closest, suggestion } from "./suggestion.ts";

const names = ["embedded", "local:mosquitto", "mqtt.topic-snoop", "mqtt.half-open", "size", "by"];

it.each([
  ["embedded-broker", "embedded"],
  ["topic-snoop", "mqtt.topic-snoop"],
  ["mosquitto", "local:mosquitto"],
  ["mqtt.half-opne", "mqtt.half-open"],
  ["MQTT.Half-Open", "mqtt.half-open"],
  ["sise", "size"],
  ["bx", "by"],
])("takes %s for %s", (word, name) => {
  expect(closest(word, names)).toBe(name);
});

it.each(["frobnicate", "", "mqtt.retained-poisoning"])("takes %j for nothing that it knows", (word) => {
  expect(closest(word, names)).toBeUndefined();
  expect(suggestion(word, names)).toBe("");
});

it("makes a clause that can follow a sentence", () => {
  expect(suggestion("sise", names)).toBe('; did you mean "size"?');
});
