import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { brokerKnobs, knobsOf, postures, withRoomFor } from "./broker-knobs.ts";

describe("the knobs of the embedded broker", () => {
  it("have a value in both postures, and the two differ in all but the kind of lockout", () => {
    const names = Object.keys(brokerKnobs.shape).toSorted();
    for (const posture of [postures.weak, postures.hardened]) expect(Object.keys(posture).toSorted()).toEqual(names);
    const same = names.filter((name) => Reflect.get(postures.weak, name) === Reflect.get(postures.hardened, name));
    expect(same).toEqual(["lockout"]);
  });

  it.each(Object.keys(brokerKnobs.shape))("are described: %s", (name) => {
    const page = readFileSync(new URL("../../docs/embedded-broker.md", import.meta.url), "utf8");
    const table = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(table.some((row) => row.includes(`\`${name}\``))).toBe(true);
  });

  it("can be set one by one on top of a posture", () => {
    expect(knobsOf("hardened", { systemTopics: "open" })).toEqual({ ...postures.hardened, systemTopics: "open" });
  });

  it.each([
    [{ autentication: "none" }, "Unrecognized key"],
    [{ maxConnections: -1 }, "Too small"],
    [{ parsing: "sloppy" }, "Invalid option"],
  ])("cannot be %j", (knobs, because) => {
    expect(() => knobsOf("hardened", knobs)).toThrow(because);
  });

  it("leave room for the fleet, save where the user set a limit or there is none", () => {
    const asked = { maxPendingPerSource: 7 };
    const knobs = withRoomFor(5_000, knobsOf("hardened", asked), asked);
    expect(knobs).toMatchObject({
      maxConnections: 5_100,
      connectsPerSecondPerSource: 5_100,
      maxPendingPerSource: 7,
      maxConnectionsPerAccount: 10,
    });
    expect(withRoomFor(5_000, postures.weak, {})).toEqual(postures.weak);
    expect(withRoomFor(50, knobsOf("hardened", { authentication: "shared" }), {}).maxConnectionsPerAccount).toBe(150);
  });
});
