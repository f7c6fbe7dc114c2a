import type { z } from "zod";
import type { Bench, LabAddress, Scheme } from "./bench.ts";
import type { Identities, Role } from "./identity.ts";
import type { JsonObject } from "./observation.ts";

/** Protocol families; a scheme belongs to one. */
export type Protocol = "mqtt" | "coap";

/** How true to the product a target or fleet is. */
export type Fidelity = "simulated" | "emulated" | "physical";

export type Posture = "weak" | "hardened";

/** What can be done to a running system and to the link that leads to it. A missing member means: not here. */
export interface Capabilities {
  /** Ends the target, waits, and starts it again on the same ports. Resolves when it accepts connections again. */
  restart?(downForMs: number): Promise<void>;
  /** Cuts every connection of the fleet and refuses new ones until disposed. */
  cutLink?(): Promise<AsyncDisposable>;
  /** Delays every byte of the fleet in both directions until disposed. */
  slowLink?(by: { readonly latencyMs: number; readonly jitterMs: number }): Promise<AsyncDisposable>;
}

export type Capability = keyof Capabilities;

/** What a target can do, with the named capabilities certainly among it. */
export type Having<Needs extends Capability> = Capabilities & Required<Pick<Capabilities, Needs>>;

/** What is known about a target once it runs; saved with the run and printed in the report. */
export interface TargetFacts {
  /** `embedded`, `local:mosquitto`, `mqtt://…` */
  readonly id: string;
  /** Product and version where known, for example `mosquitto 2.0.11`. */
  readonly product: string;
  readonly fidelity: Fidelity;
  readonly posture?: Posture;
  readonly knobs?: JsonObject;
  /** MQTT protocol levels known to be spoken; absent where nobody knows before asking. */
  readonly protocolLevels?: readonly (3 | 4 | 5)[];
}

export interface RunningTarget extends AsyncDisposable {
  readonly facts: TargetFacts;
  readonly can: Capabilities;
  readonly identities: Identities;
  /** The address for this scheme, or undefined where the target has no such listener. */
  address(scheme: Scheme): LabAddress | undefined;
  /** The address that units use unless they ask for another. */
  readonly main: LabAddress;
}

/** Turns an address into one that units may use; throws E_OUT_OF_SCOPE for any that is neither the lab's nor the user's by scope file. */
export type Claim = (where: {
  readonly scheme: Scheme;
  /** Name or literal; a name is resolved here, once. */
  readonly host: string;
  readonly port: number;
  readonly serverName?: string;
  readonly ca?: string;
  readonly path?: string;
}) => Promise<LabAddress>;

/** What a plan asks of a target before it starts. */
export interface TargetOrder {
  readonly posture: Posture;
  /** Knobs set on top of the posture; checked against {@link Target.knobs} before. */
  readonly knobs: JsonObject;
  /** How many fleet identities are needed. */
  readonly devices: number;
  /** Remembers a child process, so that the next start can end it if this one is killed. */
  readonly lease: (child: { readonly pid: number; readonly what: string }) => void;
}

/** A system that can be put under test. */
export interface Target {
  readonly id: string;
  readonly title: string;
  readonly speaks: readonly Protocol[];
  readonly offers: readonly Capability[];
  /** Schema of the knobs, all optional; undefined where nothing can be set. */
  readonly knobs?: z.ZodObject;
  /** Identities that it can give, where that is known before it starts; absent means all that are asked for. */
  readonly gives?: { readonly roles: readonly Role[]; readonly devices: number };
  /**
   * True where a flood or wrong passwords leave traces that change later verdicts until a restart (Mosquitto 2.0 miscounts
   * its connections afterwards), so that an assessment restarts it before each attack that strains it.
   */
  readonly remembersStrain?: boolean;
  start(bench: Bench, claim: Claim, order: TargetOrder): Promise<RunningTarget>;
}
