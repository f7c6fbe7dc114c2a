import type { Attack } from "./attack.ts";
import type { Check, FreeCheck } from "./check.ts";
import type { DeviceType } from "./device.ts";
import type { Disruption } from "./disruption.ts";
import type { Fleet } from "./fleet.ts";
import type { Load } from "./load.ts";
import type { Renderer } from "./report.ts";
import type { Target } from "./target.ts";

/** Every unit there is, found by folder; the one place where names become units. */
export interface Catalogue {
  readonly attacks: ReadonlyMap<string, Attack>;
  readonly disruptions: ReadonlyMap<string, Disruption>;
  readonly loads: ReadonlyMap<string, Load>;
  readonly devices: ReadonlyMap<string, DeviceType>;
  /** Targets that seatrial starts itself; one given by URL is made for the occasion. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly freeChecks: ReadonlyMap<string, FreeCheck>;
  /** Those of attacks, of disruptions and the free ones. */
  readonly checks: readonly Check[];
  readonly renderers: ReadonlyMap<string, Renderer>;
  fleetOf(device: DeviceType, size: number, posture: { readonly [knob: string]: string }): Fleet;
}
