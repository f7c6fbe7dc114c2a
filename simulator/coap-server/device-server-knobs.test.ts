import { describe, expect, it } from "vitest";
import { coapServerKnobs, coapServerKnobsOf, coapServerPostures, withRoomForFleet } from "./device-server-knobs.ts";

const { weak, hardened } = coapServerPostures;

describe("the knobs of the embedded device server", () => {
  it("have a value in both postures, and the two differ in all but how many handshakes and sessions there may be", () => {
    const names = Object.keys(coapServerKnobs.shape).toSorted();
    for (const posture of [weak, hardened]) expect(Object.keys(posture).toSorted()).toEqual(names);
    const same = names.filter((name) => Reflect.get(weak, name) === Reflect.get(hardened, name));
    expect(same).toEqual(["maxHandshakes", "maxSessions"]);
  });

  it.each(Object.entries(coapServerKnobs.shape))("say what they mean: %s", (_, schema) => {
    expect(schema.description?.length).toBeGreaterThan(20);
  });

  it("can be set one by one on top of a posture", () => {
    expect(coapServerKnobsOf("hardened", { proxy: "open" })).toEqual({ ...hardened, proxy: "open" });
    expect(coapServerKnobsOf("weak")).toEqual(weak);
  });

  it.each([
    [{ proxi: "open" }, "Unrecognized key"],
    [{ maxObservers: -1 }, "Too small"],
    [{ routing: "loose" }, "Invalid option"],
  ])("cannot be %j", (knobs, because) => {
    expect(() => coapServerKnobsOf("hardened", knobs)).toThrow(because);
  });

  it("leave room for the fleet, save where the user set a limit or there is none", () => {
    const knobs = withRoomForFleet(5_000, coapServerKnobsOf("hardened", { maxUploads: 7 }), { maxUploads: 7 });
    expect(knobs).toMatchObject({ maxObservers: 10_064, maxUploads: 7, maxSessions: 10_000 });
    expect(withRoomForFleet(50, weak, {})).toMatchObject({ maxObservers: 0, maxRequestsPerSecond: 0 });
    expect(withRoomForFleet(1, hardened, {})).toEqual(hardened);
  });
});
