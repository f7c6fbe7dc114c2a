import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DeviceType } from "#contract/device.ts";
import { randomOf } from "#testing/bench.ts";
import { selfOf } from "#testing/device-self.ts";

const files = readdirSync(import.meta.dirname).filter((name) => /^[a-z0-9-]+\.ts$/.test(name));

async function deviceIn(file: string): Promise<DeviceType> {
  const loaded: { readonly [name: string]: DeviceType } = await import(
    /* @vite-ignore */ new URL(file, import.meta.url).href
  );
  const [device] = Object.values(loaded);
  if (device === undefined || Object.values(loaded).length > 1) throw new Error(`${file} must export one device type`);
  return device;
}

it("finds the device types", () => {
  expect(files.length).toBeGreaterThanOrEqual(11);
});

describe.each(files)("%s", (file) => {
  it("is named after its file", async () => {
    expect(`${(await deviceIn(file)).id}.ts`).toBe(file);
  });

  it("takes readings that JSON can carry, also after years", async () => {
    const { telemetry } = await deviceIn(file);
    const random = randomOf(5);
    for (const sequence of [1, 2, 17, 1_000, 100_000_000]) {
      const reading = telemetry.reading(sequence, random);
      expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
      expect(Object.keys(reading)).not.toContain("seq");
    }
  });

  it("declares a keep alive, a safe state and the time to it", async () => {
    const { keepAliveS, essential } = await deviceIn(file);
    expect(keepAliveS).toBeGreaterThan(0);
    expect(essential.safeState).not.toBe("");
    expect(essential.safeWithinMs).toBeGreaterThan(0);
  });

  it("reaches the impact that its abilities make certain", async () => {
    const { can, impact } = await deviceIn(file);
    const moves = can.some((each) => ["heat", "move", "unlock"].includes(each));
    const watches = can.some((each) => ["see", "hear", "locate", "measure-health"].includes(each));
    expect(impact.safety).toBeGreaterThanOrEqual(moves ? 2 : 0);
    expect(impact.data).toBeGreaterThanOrEqual(watches ? 2 : 0);
  });

  it("is made of habits that come on when it is powered, with a last will where MQTT is spoken, and no knob twice", async () => {
    const type = await deviceIn(file);
    const self = selfOf({}, type);
    const first = type.behaviours.flatMap((behaviour) => behaviour.attach(self)({ kind: "powered", nowMs: 0 }));
    expect(first).toContainEqual({ kind: "connect", afterMs: 0 });
    const wills = type.behaviours.filter((behaviour) => behaviour.will?.(self) !== undefined);
    expect(wills).toHaveLength(type.speaks === "mqtt" ? 1 : 0);
    const knobs = type.behaviours.flatMap((behaviour) => Object.keys(behaviour.knobs));
    expect(new Set(knobs).size).toBe(knobs.length);
  });
});

it("has a meter whose readings do not fit one block, whatever is drawn", async () => {
  const { telemetry } = await deviceIn("gas-meter.ts");
  for (const sequence of [1, 2, 9_000, 100_000_000]) {
    const bytes = Buffer.byteLength(
      JSON.stringify({ seq: sequence, ...telemetry.reading(sequence, randomOf(sequence)) }),
    );
    expect(bytes).toBeGreaterThan(1_024);
    expect(bytes).toBeLessThan(4_096);
  }
});
