import type { Bench, LabAddress } from "./bench.ts";
import type { DeviceType } from "./device.ts";
import type { DeviceIdentity, Identity } from "./identity.ts";

/** Where a fleet lives: its address, who it is, and the witness that counts what arrives. */
export interface FleetSeat {
  readonly at: LabAddress;
  /** All listeners of the target, of other protocols, too. */
  readonly listeners?: readonly LabAddress[];
  readonly identities: readonly DeviceIdentity[];
  /**
   * May read all telemetry; absent where nobody gave one, then delivery is not counted. Fleets that are given the same
   * object share one session, whose client id ends in `-witness`.
   */
  readonly witness?: Identity;
  /**
   * Who a gateway is towards the server of the devices behind it, where it may read and command all of them; its own
   * identity where this is absent.
   */
  readonly field?: Identity;
}

/**
 * A fleet that runs. On disposal it stops, and writes `fleet.telemetry`
 * {@link TelemetryAccount}.
 */
export interface RunningFleet extends AsyncDisposable {
  /**
   * Resolves true once every device that should be connected is, false when `withinMs` has passed before.
   * @param how `afresh`: a device without a connection that could end (CoAP) has to have heard the target since the call,
   * as it may not have noticed yet what befell it.
   */
  settled(withinMs: number, how?: "afresh"): Promise<boolean>;
}

/** What became of a fleet's readings. The optional members are absent where no witness could read: then nobody knows. */
export interface TelemetryAccount {
  /** Different readings. */
  readonly produced: number;
  /** Still kept by the devices at the end. */
  readonly buffered: number;
  /** Thrown away by the devices themselves. */
  readonly dropped: number;
  /** Acknowledged by the broker; telemetry of QoS 0 never is. */
  readonly acknowledged: number;
  /** Different readings that reached the witness. */
  readonly delivered?: number;
  /** Arrivals of a reading that had arrived before. */
  readonly duplicates?: number;
  /** Sent while the witness was away, and not seen since: these may have arrived. */
  readonly unwitnessed?: number;
  /** Readings, dropped ones among them, that neither arrived nor are kept nor may have arrived unwitnessed. */
  readonly lost?: number;
}

/** Many devices of one type. */
export interface Fleet {
  readonly device: DeviceType;
  readonly size: number;
  /** Knobs that differ from the hardened defaults. */
  readonly posture: { readonly [knob: string]: string };
  start(bench: Bench, seat: FleetSeat): Promise<RunningFleet>;
}
