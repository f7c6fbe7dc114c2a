import type { Behaviour, DeviceAction } from "#contract/device.ts";

const none: readonly DeviceAction[] = [];

/**
 * How many devices speak from one socket, where the server does not tell them apart by a key. It does nothing itself:
 * the fleet reads the knob when it opens its sockets.
 * @param usual what a device type does unless told otherwise.
 */
export function coapSockets(usual: "shared" | "own"): Behaviour {
  return {
    name: "coap-sockets",
    knobs: {
      sockets: {
        values: usual === "own" ? ["own", "shared"] : ["shared", "own"],
        means:
          "Over plain coap many devices share a socket, so that thousands cost little and the server sees one endpoint, or each has its own; over coaps each has its own",
      },
    },
    attach: () => () => none,
  };
}
