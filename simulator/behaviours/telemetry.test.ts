import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceAction, DeviceEvent } from "#contract/device.ts";
import { selfOf } from "#testing/device-self.ts";
import { bufferCapacity } from "./offline-buffer.ts";
import { telemetry } from "./telemetry.ts";

type Fate = "sent" | "buffered" | "dropped";

/** A device with this habit, and what the world sees of its readings. */
class Follower {
  readonly fates = new Map<number, Fate>();
  readonly payloads: string[] = [];
  readonly unacknowledged: number[] = [];
  readonly #habit: (event: DeviceEvent) => readonly DeviceAction[];

  constructor(qos: 0 | 1, buffer: string) {
    const type = { telemetry: { everyMs: 1_000, qos, reading: (sequence: number) => ({ value: sequence }) } };
    this.#habit = telemetry.attach(selfOf({ buffer }, type));
  }

  happen(event: DeviceEvent): void {
    for (const action of this.#habit(event)) {
      if (action.kind === "reading") this.fates.set(action.sequence, action.fate);
      if (action.kind !== "publish") continue;
      this.payloads.push(action.payload);
      if (action.sequence !== undefined && action.qos === 1) this.unacknowledged.push(action.sequence);
    }
  }

  tick(times = 1): void {
    for (let time = 0; time < times; time++) this.happen({ kind: "timer", timer: "telemetry", nowMs: 0 });
  }

  connect(): void {
    this.happen({ kind: "connected", sessionPresent: false, nowMs: 0 });
  }

  /** How many readings have this fate. */
  count(fate: Fate): number {
    return [...this.fates.values()].filter((each) => each === fate).length;
  }
}

const lost = { kind: "link-lost", nowMs: 0 } as const;

describe("telemetry", () => {
  it("numbers its readings from 1 and puts the number first", () => {
    const device = new Follower(0, "bounded");
    device.connect();
    device.tick(2);
    expect(device.payloads).toEqual(['{"seq":1,"value":1}', '{"seq":2,"value":2}']);
  });

  it("keeps readings while there is no link and sends them in order when there is one", () => {
    const device = new Follower(1, "bounded");
    device.tick(3);
    expect(device.count("buffered")).toBe(3);
    device.connect();
    expect(device.payloads.map((payload) => JSON.parse(payload).seq)).toEqual([1, 2, 3]);
    expect(device.count("sent")).toBe(3);
  });

  it("drops the oldest reading when its buffer is full", () => {
    const device = new Follower(1, "bounded");
    device.tick(bufferCapacity + 2);
    expect([device.fates.get(1), device.fates.get(2), device.fates.get(3)]).toEqual(["dropped", "dropped", "buffered"]);
    expect(device.count("buffered")).toBe(bufferCapacity);
  });

  it("drops everything without a link where it has no buffer", () => {
    const device = new Follower(1, "none");
    device.tick(2);
    device.connect();
    expect(device.count("dropped")).toBe(2);
    expect(device.payloads).toEqual([]);
  });

  it("sends again what was not acknowledged when the link was lost, and only that", () => {
    const device = new Follower(1, "bounded");
    device.connect();
    device.tick(3);
    device.happen({ kind: "published", sequence: 2, nowMs: 0 });
    device.happen(lost);
    device.payloads.length = 0;
    device.connect();
    expect(device.payloads.map((payload) => JSON.parse(payload).seq)).toEqual([1, 3]);
  });

  it("does not send QoS 0 readings again", () => {
    const device = new Follower(0, "bounded");
    device.connect();
    device.tick(3);
    device.happen(lost);
    device.payloads.length = 0;
    device.connect();
    expect(device.payloads).toEqual([]);
  });

  it("counts a reading as sent when its acknowledgement comes only after the link was lost", () => {
    const device = new Follower(1, "bounded");
    device.tick(bufferCapacity);
    device.connect();
    device.happen(lost);
    device.happen({ kind: "published", sequence: 1, nowMs: 0 });
    device.tick();
    expect([device.count("sent"), device.count("buffered"), device.count("dropped")]).toEqual([1, bufferCapacity, 0]);
  });

  it("conserves readings and never keeps more than its bound, whatever happens", () => {
    const steps = array(constantFrom("tick", "tick", "many", "connect", "lost", "disconnected", "acknowledge"), {
      maxLength: 60,
    });
    assert(
      property(
        steps,
        constantFrom<(0 | 1)[]>(0, 1),
        constantFrom("bounded", "none"),
        integer({ min: 1, max: 300 }),
        (happened, qos, buffer, many) => {
          const device = new Follower(qos, buffer);
          let produced = 0;
          for (const step of happened) {
            if (step === "connect") device.connect();
            if (step === "lost") device.happen(lost);
            if (step === "disconnected") device.happen({ kind: "disconnected", nowMs: 0 });
            const sequence = step === "acknowledge" ? device.unacknowledged.shift() : undefined;
            if (sequence !== undefined) device.happen({ kind: "published", sequence, nowMs: 0 });
            const ticks = step === "tick" ? 1 : step === "many" ? many : 0;
            device.tick(ticks);
            produced += ticks;
            expect(device.count("sent") + device.count("buffered") + device.count("dropped")).toBe(produced);
            expect(device.count("buffered")).toBeLessThanOrEqual(buffer === "none" ? 0 : bufferCapacity);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
