/** A packet that breaks a rule of MQTT 3.1.1, or a limit of ours. */
export interface Flaw {
  /** What is wrong, in kebab case: `packet-id-0`. */
  readonly rule: string;
  readonly clause: string;
  /** True where a field reaches past the end of its packet. */
  readonly cutShort?: boolean;
  /** CONNACK code to answer before the close, where the clause asks for one. */
  readonly connack?: 1 | 2;
}

/** Thrown while a packet is read. */
export class Malformed extends Error {
  readonly flaw: Flaw;

  constructor(flaw: Flaw) {
    super(flaw.rule);
    this.name = "Malformed";
    this.flaw = flaw;
  }
}

/** Ends the reading of a packet. */
export function malformed(rule: string, clause: string, more: Pick<Flaw, "cutShort" | "connack"> = {}): never {
  throw new Malformed({ rule, clause, ...more });
}
