import type { Bench } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import { LabError } from "#contract/errors.ts";
import type { Fleet, FleetSeat, RunningFleet } from "#contract/fleet.ts";
import type { JsonObject } from "#contract/observation.ts";
import { FleetAtSea } from "./fleet-at-sea.ts";
import { postureOf } from "./posture.ts";
import { checkLimits, machineLimits } from "./preflight.ts";

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
      checkLimits(size, seat.at, machineLimits());
      if (seat.identities.length < size) {
        throw new LabError(
          "E_PLAN",
          `a fleet of ${size} ${device.id} needs as many identities, and the target gives ${seat.identities.length}`,
          "Make the fleet smaller, or name more devices in the identities file.",
        );
      }
      const posture = postureOf(device, given.posture);
      bench.observe.note("fleet.started", describe(device, size, posture));
      const fleet = new FleetAtSea(bench, seat, device, posture, size);
      await fleet.callWitness();
      fleet.setOut();
      return fleet;
    },
  };
}

function describe(device: DeviceType, size: number, posture: JsonObject): JsonObject {
  const { impact, can, essential, telemetry, keepAliveS, sleeps } = device;
  return {
    device: device.id,
    size,
    posture,
    essential: { ...essential },
    telemetry: { everyMs: telemetry.everyMs, qos: telemetry.qos },
    keepAliveS,
    impact: { ...impact },
    can,
    ...(sleeps && { sleeps: { ...sleeps } }),
  };
}
