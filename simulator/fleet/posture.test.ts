import { expect, it } from "vitest";
import { deviceOf } from "#testing/units.ts";
import { postureOf } from "./posture.ts";

const habit = {
  name: "habit",
  knobs: {
    reconnect: { values: ["full-jitter", "none"], means: "" },
    will: { values: ["announced", "none"], means: "" },
  },
  attach: () => () => [],
} as const;

it("gives every knob its hardened value unless another was chosen", () => {
  const device = deviceOf({ behaviours: [habit] });
  expect(postureOf(device, {})).toEqual({ reconnect: "full-jitter", will: "announced" });
  expect(postureOf(device, { will: "none" })).toEqual({ reconnect: "full-jitter", will: "none" });
});
