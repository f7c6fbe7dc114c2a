import type { JsonObject } from "./observation.ts";
import type { Product } from "./product.ts";
import type { RunRecord } from "./record.ts";

/** The six verdicts. Together: fail > error > inconclusive > pass > not-tested; not-applicable is set apart. */
export type Verdict = "pass" | "fail" | "inconclusive" | "not-tested" | "not-applicable" | "error";

export type Criticality = "critical" | "high" | "medium" | "low";

/** How strong the evidence is: D0 stated, D1 artefact checked, D2 artefact agrees with a run, T tested. */
export type Rung = "D0" | "D1" | "D2" | "T";

/** What the score needs beyond the verdict, for checks that are not all-or-nothing. */
export type Measure =
  | {
      readonly kind: "rate";
      readonly planned: number;
      readonly passed: number;
      readonly failed: number;
      readonly required: number;
    }
  /** Smaller is better; a planned value that is missing counts as `bad` for what is proven and `good` for what is possible. */
  | {
      readonly kind: "metric";
      readonly planned: number;
      readonly values: readonly number[];
      readonly good: number;
      readonly bad: number;
      readonly unit: string;
    }
  | { readonly kind: "graded"; readonly total: number; readonly survived: number; readonly lost: number };

/** What a check says about a record. */
export interface Answer {
  readonly verdict: Verdict;
  /** One plain sentence, with the numbers. */
  readonly says: string;
  /** The `seq` of each observation that it rests on. */
  readonly evidence: readonly number[];
  readonly trials?: { readonly planned: number; readonly run: number; readonly passed: number };
  readonly measure?: Measure;
  readonly rung?: Rung;
}

/** In {@link Check.needs}: any disruption that makes devices lose their connections. */
export const anyOutage = "any-outage";

/** A question to a record, phrased so that yes is good. Pure: the same record gives the same answer. */
export interface Check {
  /** A question in kebab case whose yes is good: `strangers-get-no-topics`. */
  readonly id: string;
  readonly asks: string;
  /** Id of the catalogue check that this one is evidence for, in `reports/principles/principles.json`: `P1.1/closed-by-default`. */
  readonly covers: string;
  /** What to change when the answer is no, and how to know that it worked. */
  readonly remedy: string;
  /** Ids of the attacks, disruptions or loads of which one at least must have run; {@link anyOutage} for whatever severs. */
  readonly needs: readonly string[];
  /**
   * True for further evidence of a question that others answer as well, with units that only some plans hold (loads):
   * where the plan has none of them, the others' answers stand by themselves.
   */
  readonly isFurther?: true;
  judge(record: RunRecord): Answer;
}

/**
 * Proof that a check can fail: with this one knob loosened it fails, with nothing loosened it passes.
 * The kill matrix runs both, and a third time with broken identities, where it must be inconclusive.
 */
export interface Twin {
  /** Id of the check that must fail. */
  readonly kills: string;
  /** The one knob: of the embedded broker, of the embedded CoAP server, or of every device of the fleet. */
  readonly loosen: {
    readonly where: "broker" | "coap-server" | "device";
    readonly knob: string;
    readonly value: string | number | boolean;
  };
  /** Parameters of the exercise, where the defaults would take needlessly long. */
  readonly parameters?: JsonObject;
  /** Knobs that both the weak and the hardened twin have, where the defaults of a posture hide the difference. */
  readonly both?: {
    readonly broker?: JsonObject;
    readonly "coap-server"?: JsonObject;
    readonly device?: { readonly [knob: string]: string };
  };
}

/** What a check that belongs to no single attack is proven with. */
export type Exercise =
  /** Impose the disruption on a fleet that runs on the embedded broker. */
  | { readonly disruption: string }
  /** Launch the attack beside a fleet that runs on the embedded broker. */
  | { readonly attack: string }
  /** Run the load, and the attack beside it, on the embedded broker; not tested where the load's generator is not installed. */
  | { readonly load: string; readonly beside: string }
  /** Judge a record that holds nothing but this product: for declared evidence. */
  | { readonly product: { readonly weak: Product; readonly hardened: Product } };

/** A check in `reports/checks/`: it belongs to no single attack, so it says itself what proves that it can fail. */
export interface FreeCheck extends Check {
  readonly exercise: Exercise;
  /** Empty only for declared evidence, where the exercise holds both products. */
  readonly twins: readonly Twin[];
}
