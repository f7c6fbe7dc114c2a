import type { Random } from "#contract/bench.ts";
import type { Behaviour, DeviceAction, DeviceEvent, DeviceSelf, FieldAsk, FieldEvent } from "#contract/device.ts";
import { commandOf } from "./command.ts";
import { DirectoryLook, isLook } from "./field-directory.ts";
import { type FieldPlaces, fieldPlaces, tidied } from "./field-names.ts";
import { backoffMs } from "./reconnect-with-backoff.ts";

const look = "field.look";
const again = "field.again";
/** Time between two looks into the directory. */
const lookEveryMs = 1_000;
/** Devices that one gateway serves; more are left out. */
const mostDevices = 200;

type Actions = readonly DeviceAction[];
const none: Actions = [];

/**
 * Passes on what devices behind a gateway report, and what they are told. It finds them in the resource directory of their
 * CoAP server, observes their telemetry, and publishes it below its own topics as `field/<endpoint>/telemetry`, and as
 * `field/<endpoint>/state` whether they are there. `{"to": "<endpoint>", "command": …}` on its own command topic becomes
 * a PUT on the command path of that device; a command without `to` is for itself.
 */
export const relayField: Behaviour = {
  name: "relay-field",
  knobs: {
    names: {
      values: ["checked", "as-given"],
      means:
        "An endpoint name with anything but letters, digits, `.`, `_`, `:` and `-` is ignored, or becomes part of topics and paths as it is given, with `..` resolved",
    },
    relay: {
      values: ["registered-devices", "any-path"],
      means:
        "A command goes on to the command path of a device that the directory lists and to nothing else, or to whatever path it names",
    },
  },

  attach(self) {
    const relay = new FieldRelay(self);
    return (event) => relay.happen(event);
  },
};

/** A device behind the gateway. */
interface Child {
  readonly path: string;
  /** The last reading; empty where there is none yet. */
  reading: string;
}

class FieldRelay {
  readonly #root: string;
  readonly #commands: string;
  readonly #places: FieldPlaces;
  readonly #goesAnywhere: boolean;
  readonly #random: Random;
  readonly #children = new Map<string, Child>();
  #looking = new DirectoryLook();
  #isConnected = false;
  /** Of the field side, in a row. */
  #failures = 0;

  constructor({ identity: { topics }, posture, random }: DeviceSelf) {
    this.#root = topics.telemetry.slice(0, Math.max(0, topics.telemetry.lastIndexOf("/")));
    this.#commands = topics.command;
    this.#places = fieldPlaces(this.#root, posture["names"] ?? "checked");
    this.#goesAnywhere = posture["relay"] === "any-path";
    this.#random = random;
  }

  happen(event: DeviceEvent): Actions {
    switch (event.kind) {
      case "powered":
        return [onField({ kind: "open" })];
      case "connected":
        this.#isConnected = true;
        return [{ kind: "subscribe", filter: this.#commands, qos: 1 }, ...this.#sayAll()];
      case "link-lost":
      case "refused":
      case "disconnected":
        this.#isConnected = false;
        return none;
      case "timer":
        if (event.timer === again) return [onField({ kind: "open" })];
        return event.timer === look ? this.#look() : none;
      case "message":
        // What the broker kept or sends again was meant for another moment.
        if (event.topic !== this.#commands || event.retain || event.duplicate) return none;
        return this.#passOn(event.payload);
      case "field":
        return this.#heard(event.what);
      case "published":
        return none;
    }
  }

  #heard(what: FieldEvent): Actions {
    switch (what.kind) {
      case "up":
        this.#failures = 0;
        return this.#look();
      case "down":
        this.#failures++;
        return [
          { kind: "timer", timer: look, afterMs: Number.POSITIVE_INFINITY },
          { kind: "timer", timer: again, afterMs: backoffMs("full-jitter", this.#failures, this.#random) },
        ];
      case "answer":
        return isLook(what.path) ? this.#looked(what.code, what.payload) : none;
      case "report":
        return this.#reported(what.path, what.payload);
    }
  }

  #look(): Actions {
    this.#looking = new DirectoryLook();
    return [onField({ kind: "read", path: this.#looking.path })];
  }

  #looked(code: string, payload: string): Actions {
    const later: DeviceAction = { kind: "timer", timer: look, afterMs: lookEveryMs };
    // A directory that does not answer this gateway lists nobody new, and loses nobody.
    const took = code === "2.05" ? this.#looking.take(payload) : "unreadable";
    if (took === "unreadable") return [later];
    if (took === "goes-on") return [onField({ kind: "read", path: this.#looking.path })];
    // Also those that are observed: what was refused or has ended begins anew, the rest stays as it is.
    const actions: DeviceAction[] = [...this.#letGo(), ...this.#takeOn()];
    for (const { path } of this.#children.values()) actions.push(onField({ kind: "observe", path }));
    return [...actions, later];
  }

  #letGo(): Actions {
    const actions: DeviceAction[] = [];
    for (const [endpoint, { path }] of this.#children) {
      if (this.#looking.found.has(endpoint)) continue;
      this.#children.delete(endpoint);
      actions.push(onField({ kind: "forget", path }), ...this.#sayPresent(endpoint, false));
    }
    return actions;
  }

  #takeOn(): Actions {
    const actions: DeviceAction[] = [];
    for (const endpoint of this.#looking.found) {
      const path = this.#places.path(endpoint, "telemetry");
      if (path === undefined || this.#children.has(endpoint) || this.#children.size >= mostDevices) continue;
      this.#children.set(endpoint, { path, reading: "" });
      actions.push(...this.#sayPresent(endpoint, true));
    }
    return actions;
  }

  #reported(path: string, payload: string): Actions {
    if (payload === "") return none;
    const actions: DeviceAction[] = [];
    for (const [endpoint, child] of this.#children) {
      if (child.path !== path || child.reading === payload) continue;
      child.reading = payload;
      actions.push(...this.#say(endpoint, "telemetry", payload));
    }
    return actions;
  }

  #sayAll(): Actions {
    const actions: DeviceAction[] = [];
    for (const [endpoint, { reading }] of this.#children) {
      actions.push(...this.#sayPresent(endpoint, true));
      if (reading !== "") actions.push(...this.#say(endpoint, "telemetry", reading));
    }
    return actions;
  }

  #sayPresent(endpoint: string, online: boolean): Actions {
    return this.#say(endpoint, "state", JSON.stringify({ online, endpoint }));
  }

  #say(endpoint: string, resource: string, payload: string): Actions {
    const topic = this.#places.topic(endpoint, resource);
    return this.#isConnected && topic !== undefined ? [{ kind: "publish", topic, payload, qos: 1 }] : none;
  }

  #passOn(payload: string): Actions {
    const command = commandOf(payload);
    if (command === undefined) return none;
    const { what, to, device } = command;
    if (device === undefined) return [{ kind: "actuate", what, to }];
    const path = this.#wayTo(device);
    if (path === undefined) return none;
    return [
      onField({ kind: "write", path, payload: withoutTo(payload) }),
      { kind: "actuate", what: "pass on a command", to: path },
    ];
  }

  /** The path that a command for that device is written to; undefined where it goes nowhere. */
  #wayTo(device: string): string | undefined {
    if (!this.#goesAnywhere) return this.#children.has(device) ? this.#places.path(device, "command") : undefined;
    return device.includes("/") ? tidied(device) : tidied(this.#root, "..", device, "command");
  }
}

function onField(ask: FieldAsk): DeviceAction {
  return { kind: "field", ask };
}

/** The command as the device behind the gateway expects it. */
function withoutTo(payload: string): string {
  const { to: _to, ...rest }: { readonly to?: unknown } = JSON.parse(payload);
  return JSON.stringify(rest);
}
