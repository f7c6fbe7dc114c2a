import { assert, property, string, stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldPlaces, tidied } from "./field-names.ts";

const root = "devices/gateway-1";

describe("checked names", () => {
  const places = fieldPlaces(root, "checked");

  it("stand in the path of the device itself, and below the topics of the gateway", () => {
    expect(places.path("lamp-1", "command")).toBe("devices/lamp-1/command");
    expect(places.topic("lamp-1", "telemetry")).toBe("devices/gateway-1/field/lamp-1/telemetry");
    expect(fieldPlaces("gateway-1", "checked").path("urn:dev:mac-1_2.x", "state")).toBe("urn:dev:mac-1_2.x/state");
  });

  it.each(["", ".", "..", "../victim", "a/b", "a/../victim", "+", "#", "a+", "$SYS", "a?b", "a b", "é", "a\u0000"])(
    "do not include %j",
    (name) => {
      expect(places.path(name, "command")).toBeUndefined();
      expect(places.topic(name, "state")).toBeUndefined();
    },
  );

  it("never lead anywhere but to exactly one level of their own, whatever they are", () => {
    assert(
      property(string(), (name) => {
        const topic = places.topic(name, "telemetry") ?? "devices/gateway-1/field/x/telemetry";
        expect(topic.split("/")).toHaveLength(5);
        expect(topic).not.toMatch(/[+#]|\.\./);
      }),
    );
  });
});

describe("names as they are given", () => {
  const places = fieldPlaces(root, "as-given");

  it("are the same where there is nothing odd about them", () => {
    assert(
      property(stringMatching(/^[a-z0-9-]{1,20}$/), (name) => {
        expect(places.path(name, "command")).toBe(fieldPlaces(root, "checked").path(name, "command"));
        expect(places.topic(name, "state")).toBe(fieldPlaces(root, "checked").topic(name, "state"));
      }),
    );
  });

  it("lead to topics of others where there are dots in them", () => {
    expect(places.topic("x/../victim", "state")).toBe("devices/gateway-1/field/victim/state");
    expect(places.topic("x/../../../victim", "state")).toBe("devices/victim/state");
    expect(places.path("x/../victim", "config")).toBe("devices/victim/config");
  });
});

it("tidies as file paths are tidied, and never climbs above the root", () => {
  expect(tidied("/a//b/./c/../d/")).toBe("a/b/d");
  expect(tidied("a/b", "..", "c")).toBe("a/c");
  expect(tidied("../../a")).toBe("a");
  expect(tidied("")).toBe("");
});
