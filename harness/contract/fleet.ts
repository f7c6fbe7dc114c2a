import type { Bench, LabAddress } from "./bench.ts";
import type { DeviceType } from "./device.ts";
import type { DeviceIdentity, Identity } from "./identity.ts";

/** Where a fleet lives: its address, who it is, and the witness that counts what arrives. */
export interface FleetSeat {
  readonly at: LabAddress;
  readonly identities: readonly DeviceIdentity[];
  /** An operator that may read all telemetry; absent where nobody gave one, then delivery is not counted. */
  readonly witness?: Identity;
}

/**
 * A fleet that runs. On disposal it stops, and writes `fleet.telemetry`
 * `{produced, buffered, dropped, acknowledged, delivered, duplicates}` (delivered only with a witness).
 */
export interface RunningFleet extends AsyncDisposable {
  /** Resolves true once every device that should be connected is, false when `withinMs` has passed before. */
  settled(withinMs: number): Promise<boolean>;
}

/** Many devices of one type. */
export interface Fleet {
  readonly device: DeviceType;
  readonly size: number;
  /** Knobs that differ from the hardened defaults. */
  readonly posture: { readonly [knob: string]: string };
  start(bench: Bench, seat: FleetSeat): Promise<RunningFleet>;
}
