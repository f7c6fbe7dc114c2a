import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { code } from "../coap/code.ts";
import { encode, messageType } from "../coap/message.ts";
import { type Option, option, optionNumber, pathOptions } from "../coap/option.ts";
import { PlantedFault } from "./planted-fault.ts";

const peer = { host: "127.0.0.1", port: 7 };
const blockTwo = [option(optionNumber.block2, 0x10)];
const observe = (value: number) => [option(optionNumber.observe, value)];

function get(path: string, options: readonly Option[] = []): Buffer {
  const head = { type: messageType.con, code: code.get, messageId: 1, token: Buffer.of(9) };
  return encode({ ...head, options: [...pathOptions(path), ...options], payload: Buffer.alloc(0) });
}

describe("the planted fault", () => {
  it("comes with the third of three messages, each of which is ordinary", () => {
    const fault = new PlantedFault();
    const steps = [get("time", observe(0)), get("info"), get("time", observe(1)), get("time", blockTwo)];
    expect(steps.map((bytes) => fault.sees(bytes, peer))).toEqual([false, false, false, true]);
  });

  it.each([
    ["another order", [get("time", observe(1)), get("time", observe(0)), get("time", blockTwo)]],
    ["another path", [get("time", observe(0)), get("time", observe(1)), get("log", blockTwo)]],
    ["a new observation", [get("a", observe(0)), get("a", observe(1)), get("a", observe(0)), get("a", blockTwo)]],
    ["no block", [get("time", observe(0)), get("time", observe(1)), get("time")]],
  ])("does not come with %s", (_, steps) => {
    const fault = new PlantedFault();
    expect(steps.map((bytes) => fault.sees(bytes, peer))).not.toContain(true);
  });

  it("does not come with what two endpoints send, nor with less than three messages", () => {
    const fault = new PlantedFault();
    fault.sees(get("time", observe(0)), peer);
    fault.sees(get("time", observe(1)), peer);
    expect(fault.sees(get("time", blockTwo), { ...peer, port: 8 })).toBe(false);
    const message = constantFrom(get("a", observe(0)), get("a", observe(1)), get("a", blockTwo), get("a"));
    assert(
      property(array(message, { maxLength: 2 }), (steps) => {
        const fresh = new PlantedFault();
        expect(steps.some((bytes) => fresh.sees(bytes, peer))).toBe(false);
      }),
    );
  });
});

/** Sends the three messages; tells how the last one was answered. */
async function strike(plantedFault: string, posture: "weak" | "hardened" = "hardened") {
  const test = await startTestDeviceServer(posture, { plantedFault });
  const client = await test.plain();
  await client.ask("time", { options: observe(0) });
  await client.ask("time", { options: observe(1) });
  const last = await client.code("time", { options: blockTwo, withinMs: 400 }).catch(() => "silence");
  return { test, client, last };
}

describe("the knob plantedFault", () => {
  it("does nothing where it is none", async () => {
    const { test, last } = await strike("none");
    await using _test = test;
    expect(last).toBe("4.00");
  });

  it("ends the server, which is started again and has forgotten everything", async () => {
    const { test, last } = await strike("crash", "weak");
    await using _test = test;
    expect(last).toBe("silence");
    await using other = await test.plain();
    expect(await other.code("info", { withinMs: 4_000 })).toBe("2.05");
    const actions = test.history.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(["server.down", "server.up"]));
  });

  it("lets the server hang until its watchdog starts it again", async () => {
    const { test, last } = await strike("hang");
    await using _test = test;
    expect(last).toBe("silence");
    await using other = await test.plain();
    await expect(other.code("info", { withinMs: 500 })).rejects.toThrow("no response in time");
    await expect.poll(() => test.history.some(({ action }) => action === "server.up"), { timeout: 5_000 }).toBe(true);
    await using later = await test.plain();
    expect(await later.code("info")).toBe("2.05");
  }, 15_000);
});
