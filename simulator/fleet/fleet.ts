import type { Bench } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import { LabError } from "#contract/errors.ts";
import type { Fleet, FleetSeat, RunningFleet } from "#contract/fleet.ts";
import type { JsonObject } from "#contract/observation.ts";
import { coapBerths } from "./coap-berths.ts";
import { coapSessions } from "./coap-sessions.ts";
import { FleetAtSea } from "./fleet-at-sea.ts";
import { mqttSessions } from "./mqtt-sessions.ts";
import { postureOf } from "./posture.ts";
import { checkLimits, machineLimits } from "./preflight.ts";
import type { Sessions } from "./sessions.ts";

/** Many devices of one type; knobs that `posture` does not name have their hardened value. */
export function fleetOf(given: {
  readonly device: DeviceType;
  readonly size: number;
  readonly posture: { readonly [knob: string]: string };
}): Fleet {
  const { device, size } = given;
  return {
    ...given,
    async start(bench: Bench, seat: FleetSeat): Promise<RunningFleet> {
      const posture = postureOf(device, given.posture);
      const open = boarding(bench, seat, device, posture, size);
      if (seat.identities.length < size) {
        throw new LabError(
          "E_PLAN",
          `a fleet of ${size} ${device.id} needs as many identities, and the target gives ${seat.identities.length}`,
          "Make the fleet smaller, or name more devices in the identities file.",
        );
      }
      const sessions = await open();
      bench.observe.note("fleet.started", { ...describe(device, size, posture), ...sessions.facts });
      const fleet = new FleetAtSea(bench, seat, { type: device, posture, size, sessions });
      await fleet.callWitness();
      fleet.setOut();
      return fleet;
    },
  };
}

/** Finds out whether there is room for the fleet, and how its sessions are opened then. Throws E_LIMIT, E_PLAN. */
function boarding(
  bench: Bench,
  seat: FleetSeat,
  device: DeviceType,
  posture: { readonly [knob: string]: string },
  size: number,
): () => Promise<Sessions> {
  if (device.speaks === "mqtt") {
    checkLimits(size, seat.at, machineLimits());
    return async () => mqttSessions(seat, device);
  }
  const berths = coapBerths(seat, device, posture, size);
  checkLimits(size, berths.at, machineLimits(), berths.count);
  return () => coapSessions(bench, berths, device);
}

function describe(device: DeviceType, size: number, posture: JsonObject): JsonObject {
  const { impact, can, essential, telemetry, keepAliveS, sleeps, speaks } = device;
  return {
    device: device.id,
    size,
    speaks,
    posture,
    essential: { ...essential },
    telemetry: { everyMs: telemetry.everyMs, qos: telemetry.qos },
    keepAliveS,
    impact: { ...impact },
    can,
    ...(sleeps && { sleeps: { ...sleeps } }),
  };
}
