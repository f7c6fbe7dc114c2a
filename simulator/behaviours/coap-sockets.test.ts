import { expect, it } from "vitest";
import { selfOf } from "#testing/device-self.ts";
import { coapSockets } from "./coap-sockets.ts";

it("offers what a device type usually does first, and does nothing itself", () => {
  expect(coapSockets("shared").knobs["sockets"]?.values).toEqual(["shared", "own"]);
  expect(coapSockets("own").knobs["sockets"]?.values).toEqual(["own", "shared"]);
  expect(coapSockets("own").attach(selfOf())({ kind: "powered", nowMs: 0 })).toEqual([]);
});
