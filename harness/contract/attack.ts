import type { z } from "zod";
import type { Bench, LabAddress } from "./bench.ts";
import type { Check, Criticality, Twin } from "./check.ts";
import type { Caller, CoapResources } from "./coap.ts";
import type { Identities, Role } from "./identity.ts";
import type { Protocol, TargetFacts } from "./target.ts";

/** Ids in the field's catalogues, each with the catalogue's own spelling. */
export interface References {
  readonly cwe: readonly string[];
  readonly cve?: readonly string[];
  /** MITRE ATT&CK, version pinned in docs/decisions.md. */
  readonly attack?: readonly string[];
  readonly owasp?: readonly string[];
  /** Clauses of the specification: `MQTT-3.1.0-2`. */
  readonly clauses?: readonly string[];
  /** Test cases of the catalogue in docs/coap-cases.md that it carries out: `CO-AMP-01`. */
  readonly cases?: readonly string[];
}

/** Where an attack happens, and as whom. */
export interface Ground {
  readonly at: LabAddress;
  /** Other listeners of the same target. */
  readonly listeners: readonly LabAddress[];
  /** Who may enter, by the protocol that the attack speaks. */
  readonly identities: Identities;
  /** Who may enter by another protocol; {@link identities} where it is absent. */
  readonly identitiesFor?: (protocol: Protocol) => Identities;
  readonly facts: TargetFacts;
  /** What the resources of a CoAP server are good for; absent where the target has none. */
  readonly resources?: CoapResources;
  /** Starts the target again, also one that has died; absent where that is not in seatrial's hands. */
  readonly revive?: () => Promise<void>;
  /** The device under test, where the target is (or has) one that calls servers. */
  readonly caller?: Caller;
}

/**
 * What an attacker does, in three beats. The engine records each beat as one attempt (`control`, `launch`, `recovery`)
 * of the actor `attack:<id>`; what a beat does inside carries its name in `beat`.
 * Where the control fails the launch is skipped, and every check of the attack answers inconclusive.
 */
export interface Attack<P extends z.ZodObject = z.ZodObject> {
  /** Folder and file name: `mqtt.topic-snoop`. */
  readonly id: string;
  /** What an attacker does, as a sentence. */
  readonly title: string;
  readonly speaks: Protocol;
  /** Further protocols that the target must speak, for an attack that crosses from one to the other. */
  readonly alsoSpeaks?: readonly Protocol[];
  readonly severity: Criticality;
  /** Which layer it works on. */
  readonly layer: "application" | "network" | "data" | "physical";
  /** What it sends, how much, and how it is judged: the text of `seatrial explain`. */
  readonly explains: string;
  readonly references: References;
  /** Every parameter has a safe default and a bound. */
  readonly parameters: P;
  readonly needs: readonly Role[];
  /** True where it is the device under test that is attacked: it is skipped where the target is no device that calls. */
  readonly needsCaller?: true;
  /** True where it competes for the target's resources, so that nothing else should run beside it. */
  readonly strains: boolean;
  /** True where what the target counted before would decide the verdict, so that it goes before other strains. */
  readonly wantsFreshTarget?: true;
  /** True where it needs parameters that only a person can give, so that assessments leave it out. */
  readonly onRequest?: true;
  /** Most time that all three beats together may take, milliseconds; the engine ends it then. */
  atMostMs(parameters: z.output<P>): number;
  /** Shows that the rig works: a legitimate client succeeds. Throws (anything) when it does not. */
  control(bench: Bench, ground: Ground, parameters: z.output<P>): Promise<void>;
  launch(bench: Bench, ground: Ground, parameters: z.output<P>): Promise<void>;
  /** Shows that the target still serves. Throws when it does not. */
  recovery(bench: Bench, ground: Ground, parameters: z.output<P>): Promise<void>;
  readonly checks: readonly Check[];
  readonly twins: readonly Twin[];
}

/** Keeps the types of parameters and methods together; returns what it is given. */
export function defineAttack<P extends z.ZodObject>(attack: Attack<P>): Attack<P> {
  return attack;
}
