import type { LabAddress, Scheme } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { RunningTarget, Target } from "#contract/target.ts";
import { brokerKnobs, knobsOf, withRoomFor } from "#simulator/broker/broker-knobs.ts";
import { startBroker } from "#simulator/broker/embedded-broker.ts";
import { webSocketPath } from "#simulator/broker/transports.ts";

/** The broker that comes with seatrial: nothing to install, every weakness a knob. */
export const embedded: Target = {
  id: "embedded",
  title: "The broker that comes with seatrial (aedes behind a gate), in this process",
  speaks: ["mqtt"],
  offers: ["restart", "kill", "pause", "fillDisk"],
  knobs: brokerKnobs,

  async start(bench, claim, { posture, knobs: asked, devices }): Promise<RunningTarget> {
    const knobs = withRoomFor(devices, knobsOf(posture, asked), asked);
    const broker = await startBroker(bench, { knobs, devices });
    try {
      const addresses = new Map<Scheme, LabAddress>();
      for (const [scheme, port] of broker.ports) {
        addresses.set(scheme, await claim({ scheme, host: "127.0.0.1", port, ...extrasOf(scheme, broker.ca) }));
      }
      const main = addresses.get("mqtt") ?? addresses.get("mqtts");
      if (main === undefined) throw noListener();
      return {
        facts: {
          id: "embedded",
          product: broker.product,
          fidelity: "simulated",
          posture,
          knobs,
          protocolLevels: [4],
        },
        can: {
          restart: (downForMs) => broker.restart(downForMs),
          kill: (downForMs) => broker.kill(downForMs),
          pause: () => broker.pause(),
          fillDisk: () => broker.fillDisk(),
        },
        tally: async () => ({ ...broker.traffic, from: "the broker's own gate" }),
        identities: broker.identities,
        main,
        address: (scheme) => addresses.get(scheme),
        [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
      };
    } catch (cause) {
      await broker[Symbol.asyncDispose]();
      throw cause;
    }
  },
};

function extrasOf(scheme: Scheme, ca: string) {
  return {
    ...((scheme === "mqtts" || scheme === "wss") && { ca, serverName: "localhost" }),
    ...((scheme === "ws" || scheme === "wss") && { path: webSocketPath }),
  };
}

function noListener(): LabError {
  return new LabError(
    "E_TARGET_START",
    "the embedded broker listens on no port",
    "This is a mistake in seatrial; report it.",
  );
}
