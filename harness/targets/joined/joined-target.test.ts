import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Claim, RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { benchOf, loopback } from "#testing/bench.ts";
import { everyone } from "#testing/units.ts";
import { joinedTarget } from "./joined-target.ts";

const claim: Claim = async ({ scheme, port }) => loopback(port, scheme);

/** A part that tells `log` what happens to it; it starts unless `fails`. */
function part(
  speaks: "mqtt" | "coap",
  log: string[],
  changes: Partial<Target> & { readonly fails?: true; readonly running?: Partial<RunningTarget> } = {},
): Target {
  const { fails, running, ...target } = changes;
  return {
    id: `${speaks}-part`,
    title: speaks,
    speaks: [speaks],
    offers: ["restart"],
    knobs: z.strictObject({ [`${speaks}Knob`]: z.string().optional() }),
    start: async (_bench, claimed, order) => {
      if (fails) throw new Error(`${speaks} does not start`);
      log.push(`${speaks} started with ${JSON.stringify(order.knobs)}, admitting ${order.admit !== undefined}`);
      const main = await claimed({ scheme: speaks, host: "127.0.0.1", port: speaks === "mqtt" ? 1883 : 5683 });
      return {
        facts: { id: speaks, product: `${speaks} 1`, fidelity: "emulated", knobs: order.knobs },
        can: { restart: async (ms) => void log.push(`${speaks} restarted for ${ms}`) },
        identities: everyone,
        main,
        address: (scheme): LabAddress | undefined => (scheme === speaks ? main : undefined),
        [Symbol.asyncDispose]: async () => void log.push(`${speaks} ended`),
        ...running,
      };
    },
    ...target,
  };
}

const order: TargetOrder = {
  posture: "hardened",
  knobs: { mqttKnob: "m", coapKnob: "c" },
  devices: 0,
  lease: () => {},
  environment: {},
};

describe("a target joined of two", () => {
  it("starts both, tells each its own knobs only, and asks the second to admit who enters the first", async () => {
    const log: string[] = [];
    await using running = await joinedTarget([part("mqtt", log), part("coap", log)]).start(benchOf([]), claim, order);
    expect(log).toEqual([
      'mqtt started with {"mqttKnob":"m"}, admitting false',
      'coap started with {"coapKnob":"c"}, admitting true',
    ]);
    expect(running.facts).toMatchObject({
      id: "mqtt-part+coap-part",
      product: "mqtt 1 and coap 1",
      knobs: { mqttKnob: "m", coapKnob: "c" },
    });
    expect(running.address("coap")?.port).toBe(5683);
    expect(running.address("mqtts")).toBeUndefined();
  });

  it("lets what befalls it befall every part", async () => {
    const log: string[] = [];
    await using running = await joinedTarget([part("mqtt", log), part("coap", log)]).start(benchOf([]), claim, order);
    await running.can.restart?.(50);
    expect(log.slice(2)).toEqual(["mqtt restarted for 50", "coap restarted for 50"]);
    expect(Object.keys(running.can)).toEqual(["restart"]);
  });

  it("gives each protocol the identities of its own part", async () => {
    const own = { devices: [] };
    const parts = [part("mqtt", []), part("coap", [], { running: { identities: own } })];
    await using running = await joinedTarget(parts).start(benchOf([]), claim, order);
    expect(running.identitiesFor?.("coap")).toBe(own);
    expect(running.identitiesFor?.("mqtt")).toBe(everyone);
  });

  it("ends the part that had started where another does not start", async () => {
    const log: string[] = [];
    const starting = joinedTarget([part("mqtt", log), part("coap", log, { fails: true })]).start(
      benchOf([]),
      claim,
      order,
    );
    await expect(starting).rejects.toThrow("coap does not start");
    expect(log.at(-1)).toBe("mqtt ended");
  });

  it("promises only what every part gives", () => {
    const parts = [
      part("mqtt", [], { gives: { roles: ["operator", "victim"], devices: 5 } }),
      part("coap", [], { gives: { roles: ["victim"], devices: 9 } }),
    ];
    expect(joinedTarget(parts).gives).toEqual({ roles: ["victim"], devices: 5 });
  });

  it("is refused where both speak the same protocol", () => {
    expect(() => joinedTarget([part("mqtt", []), part("mqtt", [])])).toThrow(LabError);
  });
});
