/** Who a client says it is, and what proves it. */
export interface Identity {
  /** The MQTT client id. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM pair for targets that authenticate clients by certificate. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** A device's identity, and the topics that are its own. */
export interface DeviceIdentity extends Identity {
  readonly topics: DeviceTopics;
}

/** Topics of one device. `telemetry` and `state` are what it publishes, `command` and `config` what it obeys. */
export interface DeviceTopics {
  readonly telemetry: string;
  readonly state: string;
  readonly command: string;
  readonly config: string;
}

/** The usual topics of a device, below a root such as `devices/thermostat-0001`. */
export function topicsBelow(root: string): DeviceTopics {
  return {
    telemetry: `${root}/telemetry`,
    state: `${root}/state`,
    command: `${root}/command`,
    config: `${root}/config`,
  };
}

/** Who may enter a target. A target hands these out; an identities file brings them for the user's own. */
export interface Identities {
  /** May read and write every device's topics. Witness, legitimate commander, and control of most attacks. */
  readonly operator?: Identity;
  /**
   * May read every device's telemetry, and counts what arrives. Best an account of its own: where the client id is bound
   * to the account, an attack that connects as operator would take over the session of a witness that is the operator.
   */
  readonly witness?: Identity;
  /** Two devices kept apart from the fleet: the one that attacks misuse, and the one that they harm. */
  readonly intruder?: DeviceIdentity;
  readonly victim?: DeviceIdentity;
  /** Identities of the fleet, at least as many as asked for. */
  readonly devices: readonly DeviceIdentity[];
}

/** The roles that an attack can ask for. */
export type Role = "operator" | "intruder" | "victim";
