import type { CoapScheme, LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { RunningTarget, Target } from "#contract/target.ts";
import { coapServerKnobs, coapServerKnobsOf, withRoomForFleet } from "#simulator/coap-server/device-server-knobs.ts";
import { startDeviceServer } from "#simulator/coap-server/embedded-device-server.ts";

/** The CoAP device server that comes with seatrial: nothing to install, every weakness a knob. */
export const embeddedCoap: Target = {
  id: "embedded-coap",
  title: "The CoAP device server that comes with seatrial (UDP, DTLS, TCP, multicast), in this process",
  speaks: ["coap"],
  offers: ["restart", "kill", "pause"],
  listens: ["coap", "coaps", "coap+tcp"],
  knobs: coapServerKnobs,

  async start(bench, claim, { posture, knobs: asked, devices, admit }): Promise<RunningTarget> {
    const knobs = withRoomForFleet(devices, coapServerKnobsOf(posture, asked), asked);
    const server = await startDeviceServer(bench, { knobs, devices, ...(admit && { admit }) });
    try {
      const addresses = new Map<string, LabAddress>();
      for (const [scheme, port] of server.ports) {
        addresses.set(scheme, await claim({ scheme, host: "127.0.0.1", port }));
      }
      const main = addresses.get("coap" satisfies CoapScheme);
      if (main === undefined) throw noListener();
      return {
        facts: { id: "embedded-coap", product: server.product, fidelity: "simulated", posture, knobs },
        can: {
          restart: (downForMs) => server.restart(downForMs),
          kill: (downForMs) => server.kill(downForMs),
          pause: () => server.pause(),
        },
        identities: server.identities,
        resources: server.resources,
        caller: server.caller,
        main,
        address: (scheme) => addresses.get(scheme),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    } catch (cause) {
      await server[Symbol.asyncDispose]();
      throw cause;
    }
  },
};

function noListener(): LabError {
  return new LabError(
    "E_TARGET_START",
    "the embedded device server listens on no port",
    "This is a mistake in seatrial; report it.",
  );
}
