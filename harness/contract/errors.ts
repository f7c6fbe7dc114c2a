/** Every way in which the lab itself can be wrong. Each is documented in docs/errors.md. */
export const labErrorCodes = {
  E_USAGE: "The command line is not one that seatrial understands.",
  E_PLAN: "A scenario, product, scope or identities file is wrong; nothing was started.",
  E_OUT_OF_SCOPE: "An address is neither loopback nor named by a valid scope file.",
  E_CAPABILITY_MISSING: "The target cannot undergo what the plan asks of it.",
  E_TARGET_UNREACHABLE: "Nothing answers at the address of the target.",
  E_TARGET_START: "A target that seatrial should start did not come up.",
  E_PROGRAM_MISSING: "A program that the plan needs is not installed.",
  E_DOCKER: "Docker is not there, does not answer, or may not be used.",
  E_IMAGE: "An image is missing, cannot be built, or is not what it should be.",
  E_GENERATOR: "The load generator broke; what it had measured by then is kept.",
  E_PORT_TAKEN: "A port that the plan names is used by another program.",
  E_STORE: "The run directory cannot be written or read.",
  E_RECORD: "A stored run is not one that this version can read.",
  E_LIMIT: "The machine's limits (open files, ports) are too low for the plan.",
  E_INTERRUPTED: "The run was ended from outside before it came to its end.",
} as const;

export type LabErrorCode = keyof typeof labErrorCodes;

/** The lab is broken or was used wrongly. What goes wrong inside the system under test is an observation, never one of these. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  /** What to do next, in one sentence. */
  readonly hint: string;

  constructor(code: LabErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LabError";
    this.code = code;
    this.hint = hint;
  }
}

/** Thrown by protocol engines when the other side was *heard* to say no. Anything else that is thrown counts as unknown. */
export class Refused extends Error {
  /** The protocol's own word for it: `CONNACK 5`, `closed`, … */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Refused";
    this.code = code;
  }
}
