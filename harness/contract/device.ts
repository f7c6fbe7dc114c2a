import type { Random } from "./bench.ts";
import type { DeviceIdentity } from "./identity.ts";
import type { ImpactLevels } from "./impact.ts";
import type { Json, JsonObject } from "./observation.ts";

import type { Protocol } from "./target.ts";

/** What happens to a device. Times are milliseconds since the run began. */
export type DeviceEvent =
  | { readonly kind: "powered"; readonly nowMs: number }
  | { readonly kind: "connected"; readonly nowMs: number; readonly sessionPresent: boolean }
  /** The broker or server was heard to say no. */
  | { readonly kind: "refused"; readonly nowMs: number; readonly code: string }
  /** The connection ended, or could not be made. */
  | { readonly kind: "link-lost"; readonly nowMs: number }
  /** The device itself ended the connection, in good order. */
  | { readonly kind: "disconnected"; readonly nowMs: number }
  | {
      readonly kind: "message";
      readonly nowMs: number;
      readonly topic: string;
      readonly payload: string;
      readonly retain: boolean;
      readonly duplicate: boolean;
    }
  /** The broker or server acknowledged a publish that carried this `sequence`. */
  | { readonly kind: "published"; readonly nowMs: number; readonly sequence: number }
  | { readonly kind: "timer"; readonly nowMs: number; readonly timer: string }
  /** Something happened on the side of the devices behind a gateway. */
  | { readonly kind: "field"; readonly nowMs: number; readonly what: FieldEvent };

/** What a gateway hears from the CoAP server of the devices behind it. Paths are as the gateway gave them. */
export type FieldEvent =
  /** It may ask now. */
  | { readonly kind: "up" }
  /** It was refused, or its server answers no more; whatever it observed is over. */
  | { readonly kind: "down"; readonly why: string }
  /** An answer to what it asked: the code as `2.05`, and the payload of what was read. */
  | { readonly kind: "answer"; readonly path: string; readonly code: string; readonly payload: string }
  /** The state of a resource that it observes. */
  | { readonly kind: "report"; readonly path: string; readonly payload: string };

/** What a gateway does there. */
export type FieldAsk =
  | { readonly kind: "open" }
  | { readonly kind: "read"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly payload: string }
  | { readonly kind: "observe"; readonly path: string }
  | { readonly kind: "forget"; readonly path: string };

/** What a device does next. */
export type DeviceAction =
  | { readonly kind: "connect"; readonly afterMs: number }
  | { readonly kind: "disconnect" }
  | { readonly kind: "subscribe"; readonly filter: string; readonly qos: 0 | 1 }
  /** `sequence` numbers telemetry end to end; a publish with one is reported back by `published`. */
  | {
      readonly kind: "publish";
      readonly topic: string;
      readonly payload: string;
      readonly qos: 0 | 1;
      readonly retain?: boolean;
      readonly sequence?: number;
    }
  /** A timer of that name, replacing an earlier one; `afterMs` Infinity takes it back. */
  | { readonly kind: "timer"; readonly timer: string; readonly afterMs: number }
  /** The essential function was due, and was performed or not (heated, locked, metered …). */
  | { readonly kind: "function"; readonly name: string; readonly performed: boolean }
  /** The device entered or left its declared safe state. */
  | { readonly kind: "safe-state"; readonly entered: boolean }
  /** Of a gateway, on the side of the devices behind it. */
  | { readonly kind: "field"; readonly ask: FieldAsk }
  /** A command had its physical effect. */
  | { readonly kind: "actuate"; readonly what: string; readonly to: Json }
  /** A reading was produced, and kept (`buffered`), sent, or thrown away (`dropped`) because the buffer was full. */
  | { readonly kind: "reading"; readonly sequence: number; readonly fate: "sent" | "buffered" | "dropped" };

/** One habit of a device, told as data: what happened goes in, what to do next comes out, nothing is touched. */
export interface Behaviour {
  readonly name: string;
  /** Knobs this habit reads from the device's posture: name → values, the hardened one first. */
  readonly knobs: KnobTable;
  /** What the broker shall publish for the device when it is lost without a word; at most one habit of a device has one. */
  will?(self: DeviceSelf): Will | undefined;
  attach(self: DeviceSelf): (event: DeviceEvent) => readonly DeviceAction[];
}

/** A last will, announced with CONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** Values a knob can take, the hardened one first, each with a word on what it means. */
export type KnobTable = {
  readonly [knob: string]: { readonly values: readonly [string, ...string[]]; readonly means: string };
};

/** What a habit may know about the device that it belongs to. */
export interface DeviceSelf {
  readonly identity: DeviceIdentity;
  readonly random: Random;
  /** Every knob of the device with its chosen value. */
  readonly posture: { readonly [knob: string]: string };
  readonly type: DeviceType;
}

/** A kind of device: data, and the habits that it is made of. */
export interface DeviceType {
  readonly id: string;
  readonly title: string;
  readonly speaks: Protocol;
  /** Further protocols of a device that stands between two. */
  readonly alsoSpeaks?: readonly Protocol[];
  /** Impact levels of a failure, and facts that set a floor under them. */
  readonly impact: ImpactLevels;
  readonly can: readonly ("heat" | "move" | "unlock" | "see" | "hear" | "locate" | "measure-health")[];
  /** The essential function, how often it is due, and the state it falls back to. */
  readonly essential: {
    readonly name: string;
    readonly everyMs: number;
    readonly safeState: string;
    /** Time within which the safe state is reached once control is lost. */
    readonly safeWithinMs: number;
  };
  readonly telemetry: {
    readonly everyMs: number;
    readonly qos: 0 | 1;
    /** The reading number `sequence`; must be made of JSON. */
    reading(sequence: number, random: Random): JsonObject;
  };
  /** Keep alive in seconds; 0 is never a hardened value. */
  readonly keepAliveS: number;
  /** Seconds awake between sleeps, for devices that sleep; absent for those always on. */
  readonly sleeps?: { readonly awakeMs: number; readonly asleepMs: number };
  readonly behaviours: readonly Behaviour[];
  /** What a CoAP device says of itself at a resource directory, beside its name; nothing where it is absent. */
  readonly registers?: Registration;
}

/** Registration of a CoAP device (RFC 9176 §5, LwM2M). */
export interface Registration {
  /** Further parameters: `lwm2m=1.1`. */
  readonly parameters?: readonly string[];
  /** Links to its resources in the format of RFC 6690; none where it has none of its own. */
  readonly links?: string;
  /** Texts by path that it answers with when its server asks; only a device with a socket of its own can be asked. */
  readonly answers?: { readonly [path: string]: string };
}

/** Running counters of a fleet, written once a second as `fleet.counters` by `device:<type>`. */
export interface FleetCounters {
  /** Devices in this fleet. */
  readonly size: number;
  /** Devices that should be connected now (asleep ones are not). */
  readonly expected: number;
  readonly connected: number;
  /** In the last interval: */
  readonly intervalMs: number;
  readonly attempts: number;
  readonly connects: number;
  readonly refused: number;
  readonly lost: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly functionDue: number;
  readonly functionPerformed: number;
  /** Devices without a link for longer than their `safeWithinMs`, and how many of those are in their safe state. */
  readonly overdue: number;
  readonly overdueSafe: number;
  /** Connection attempts by tenth of the interval, ten numbers; shows how spread a return is. */
  readonly attemptsByTenth: readonly number[];
  /** Connections that succeeded, by tenth of the interval, ten numbers. */
  readonly connectsByTenth: readonly number[];
  /**
   * Longest time for which the lab itself stood still in the interval, milliseconds: what devices were to do then, they
   * did all at once afterwards. Absent in records of versions that did not look.
   */
  readonly stalledMs?: number;
}
