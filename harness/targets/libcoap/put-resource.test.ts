import { describe, expect, it } from "vitest";
import { code } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { optionNumber, uintOf } from "#simulator/coap/option.ts";
import type { Probe, Question } from "#simulator/coap/probe.ts";
import { putResource } from "./put-resource.ts";
import { roomForFleet, seedsFor, serverResources } from "./seeds.ts";

const victim = {
  clientId: "v",
  topics: { telemetry: "v/t", state: "v/s", command: "v/c", config: "v/f" },
};

/** Asks a server that answers everything with this code, or nothing. */
function asking(answers: number | undefined) {
  const asked: Question[] = [];
  const ask = async (question: Question): Promise<Message | undefined> => {
    asked.push(question);
    if (answers === undefined) return undefined;
    const none = new Uint8Array(0);
    return { type: 2, code: answers, messageId: 1, token: none, options: [], payload: none };
  };
  return { asked, probe: { ask } satisfies Pick<Probe, "ask"> };
}

const valueOf = ({ options = [] }: Question, number: number) =>
  options.filter((each) => each.number === number).map(({ value }) => uintOf(value));

describe("putting a resource", () => {
  it("is one message where it is short", async () => {
    const { asked, probe } = asking(code.created);
    await putResource(probe, { path: "a/b", body: "lock" });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ code: code.put, payload: Buffer.from("lock") });
    expect(asked[0] && valueOf(asked[0], optionNumber.block1)).toEqual([]);
  });

  it("goes block by block where it is long, with its whole size", async () => {
    const { asked, probe } = asking(code.continue);
    await putResource(probe, { path: "large", body: "x".repeat(2_500) });
    expect(asked.map((each) => valueOf(each, optionNumber.block1))).toEqual([[0x0e], [0x1e], [0x26]]);
    expect(asked.map((each) => valueOf(each, optionNumber.size1))).toEqual([[2_500], [2_500], [2_500]]);
    expect(asked.map(({ payload = "" }) => payload.length)).toEqual([1_024, 1_024, 452]);
  });

  it.each([
    [undefined, "does not answer"],
    [code.notAcceptable, "says 4.06"],
  ])("is an error of the lab where the server answers %s", async (answers, says) => {
    await expect(putResource(asking(answers).probe, { path: "a", body: "" })).rejects.toMatchObject({
      code: "E_TARGET_START",
      message: expect.stringContaining(says),
    });
  });
});

describe("what coap-server is given", () => {
  it("has all that its resources are said to be, but for what it brings itself", () => {
    const given = seedsFor({ victim, devices: [] }).map(({ path }) => path);
    const { sensitive, actuator, large } = serverResources({ victim }, { hasRoom: false });
    expect(new Set(given)).toEqual(new Set([...sensitive, actuator, large]));
    expect(seedsFor({ victim, devices: [] }).find(({ path }) => path === large)?.body.length).toBeGreaterThan(1_024);
  });

  it("lets each device of a fleet observe its commands, and create what it reports to", () => {
    const device = { clientId: "d", topics: { telemetry: "d/t", state: "d/s", command: "d/c", config: "d/f" } };
    expect(seedsFor({ victim, devices: [device] })).toContainEqual({ path: "d/c", body: "" });
    expect(roomForFleet({ devices: [device, device] })).toBe(7);
    expect(roomForFleet({ devices: [] })).toBe(0);
  });

  it("is said to take new resources where it has room for them, and to be in a group where it is", () => {
    const group = { host: "224.0.1.187", port: 1 };
    expect(serverResources({ victim }, { hasRoom: true, group })).toMatchObject({ creatable: "new", group });
    expect(serverResources({ victim }, { hasRoom: false })).not.toHaveProperty("creatable");
  });
});
