import type { JsonObject } from "#contract/observation.ts";
import type { LeanSession } from "../mqtt/lean-session.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** How the devices of a fleet get their sessions. */
export interface Sessions extends AsyncDisposable {
  /** What is told about it with `fleet.started`. */
  readonly facts: JsonObject;
  /** Why nobody can say what the devices delivered, where nobody can. */
  readonly uncounted?: string;
  /** Connects the device; never throws. The device hears what becomes of it. */
  open(device: SimulatedDevice, wheel: TimerWheel): LeanSession;
}
