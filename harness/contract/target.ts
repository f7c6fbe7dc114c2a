import type { z } from "zod";
import type { Bench, LabAddress, Scheme } from "./bench.ts";
import type { Caller, CoapResources } from "./coap.ts";
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
  /** Ends the target at once, as a crash does, waits, and starts it again on the same ports. Resolves when it accepts connections again. */
  kill?(downForMs: number): Promise<void>;
  /** Freezes the target until disposed: it accepts connections, as its system does that for it, and never answers. */
  pause?(): Promise<AsyncDisposable>;
  /**
   * Leaves the target this much memory beyond what it uses now, until disposed. Disposing also starts it again where its
   * system ended it for want of memory.
   */
  limitMemory?(spareBytes: number): Promise<AsyncDisposable>;
  /**
   * Fills the disk that the target writes to, until disposed. Disposing frees it, and also starts the target again where
   * it ended meanwhile.
   */
  fillDisk?(): Promise<AsyncDisposable>;
  /** Takes the target off its network, until disposed, which puts it back on the same ports. */
  cutNetwork?(): Promise<AsyncDisposable>;
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
  /** The image of a container, by name and digest. */
  readonly image?: { readonly name: string; readonly digest: string };
}

/** What a target has counted since it was started first. A member is absent where it does not count that. */
export interface Tally {
  /** CONNECTs that it accepted. */
  readonly connections?: number;
  /** PUBLISH packets that it received from clients. */
  readonly publishesReceived?: number;
  /** PUBLISH packets that it sent to clients. */
  readonly publishesSent?: number;
  /** Where the numbers come from: `$SYS/broker/publish/messages`, `log`, `rabbitmqctl`. */
  readonly from: string;
}

export interface RunningTarget extends AsyncDisposable {
  readonly facts: TargetFacts;
  readonly can: Capabilities;
  readonly identities: Identities;
  /** Identities for this protocol, where they differ between protocols; {@link identities} where it is absent. */
  identitiesFor?(protocol: Protocol): Identities;
  /** The address for this scheme, or undefined where the target has no such listener. */
  address(scheme: Scheme): LabAddress | undefined;
  /** The address that units use unless they ask for another; of several protocols, units get one of their own. */
  readonly main: LabAddress;
  /** What the resources of a CoAP server are good for. */
  readonly resources?: CoapResources;
  /** The device under test, where the target is (or has) one that calls servers. */
  readonly caller?: Caller;
  /** Reads the target's own counters; absent where it has none. Throws where they cannot be read now. */
  tally?(): Promise<Tally>;
}

/** Something that outlives this process if it is killed, and what the next start needs to end it. */
export type Left =
  | { readonly pid: number; readonly what: string }
  /** A folder of secrets in the system's place for temporary files, whose name begins with `seatrial-`. */
  | { readonly folder: string; readonly what: string }
  /** Every container, network and volume whose label `seatrial.run` has this value. */
  | { readonly containersOf: string; readonly what: string };

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
  /** Identities of another part of the same system, to be given here, too, where the target can. */
  readonly admit?: Identities;
  /** Remembers what was (or is about to be) started, so that the next start can end it if this one is killed. */
  readonly lease: (left: Left) => void;
  /** Variables of the user's environment: `PATH`, `DOCKER_HOST`. */
  readonly environment: Environment;
}

/** Variables of the environment; units read them here and nowhere else. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** A system that can be put under test. */
export interface Target {
  readonly id: string;
  readonly title: string;
  readonly speaks: readonly Protocol[];
  readonly offers: readonly Capability[];
  /** Schemes that it certainly listens on, where that is known before it starts. */
  readonly listens?: readonly Scheme[];
  /** Schema of the knobs, all optional; undefined where nothing can be set. */
  readonly knobs?: z.ZodObject;
  /** Identities that it can give, where that is known before it starts; absent means all that are asked for. */
  readonly gives?: { readonly roles: readonly Role[]; readonly devices: number };
  /**
   * True where a flood or wrong passwords leave traces that change later verdicts until a restart (Mosquitto 2.0 miscounts
   * its connections afterwards), so that an assessment restarts it before each attack that strains it.
   */
  readonly remembersStrain?: boolean;
  /** Why nobody has seen it run yet, where that is so; lists show it. */
  readonly unverified?: string;
  start(bench: Bench, claim: Claim, order: TargetOrder): Promise<RunningTarget>;
}
