import { describe, expect, it } from "vitest";
import { LabError } from "#contract/errors.ts";
import { catalogueOf, targetNamed } from "#testing/catalogue.ts";
import { optionsByTarget, targetOf } from "./choose-target.ts";
import type { RunOptions } from "./options.ts";

const known = catalogueOf();
const server = targetNamed("embedded-coap", { speaks: ["coap"] });
const catalogue = { ...known, targets: new Map([...known.targets, [server.id, server]]) };

function asked(target: string, more: Partial<RunOptions> = {}): RunOptions {
  return { color: false, knob: [], seed: "1", out: "runs", only: [], skip: [], failOn: "fail", target, ...more };
}

describe("--target", () => {
  it("joins parts of one system by +", () => {
    const target = targetOf(asked("embedded+coap://127.0.0.1:5683"), catalogue);
    expect(target).toMatchObject({ id: "embedded+coap://127.0.0.1:5683", speaks: ["mqtt", "coap"] });
  });

  it("does not divide the scheme coap+tcp", () => {
    expect(targetOf(asked("coap+tcp://127.0.0.1:5683"), catalogue)?.speaks).toEqual(["coap"]);
  });

  it("refuses to join two of one protocol", () => {
    expect(() => targetOf(asked("embedded+mqtt://127.0.0.1:1883"), catalogue)).toThrow(/both speak mqtt/);
  });

  it("gives a posture to the part that seatrial starts, though the other is a URL", () => {
    const options = asked("embedded+coap://127.0.0.1:5683", { posture: "weak" });
    expect(() => targetOf(options, catalogue)).not.toThrow();
    expect(() => targetOf({ ...options, target: "coap://127.0.0.1:5683" }, catalogue)).toThrow(LabError);
  });

  it("stands, as all, for those targets only that speak what the plan does", () => {
    const names = optionsByTarget(asked("all"), catalogue, () => ["coap"]).map(({ target }) => target);
    expect(names).toEqual(["embedded-coap"]);
    const mqtt = optionsByTarget(asked("all"), catalogue, () => ["mqtt"]).map(({ target }) => target);
    expect(mqtt).toEqual(["embedded", "local:mosquitto"]);
  });
});
