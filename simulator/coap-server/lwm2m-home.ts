import type { Random } from "#contract/bench.ts";
import { type CoapClient } from "../coap/client.ts";
import { code } from "../coap/code.ts";
import { type CoapPlace, placeOf } from "./coap-uri.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { firmwareObject } from "./firmware-object.ts";
import { Lwm2mDevice } from "./lwm2m-device.ts";
import type { ServerLog } from "./server-log.ts";

/** What the LwM2M device that lives in the server needs of it. */
export interface Lwm2mWorld {
  readonly client: Pick<CoapClient, "request">;
  readonly random: Random;
  readonly nowMs: () => number;
  readonly after: (ms: number, act: () => void) => unknown;
  readonly isOwn: (place: CoapPlace) => boolean;
  readonly changed: (path: string) => void;
  readonly log: ServerLog;
  /** Where it is registered at first. */
  readonly homeUri: string;
}

/** The device and what happens when its bootstrap is over. */
export interface Lwm2mHome {
  readonly device: Lwm2mDevice;
  readonly bootstrapped: () => void;
}

/** The name under which it registers. */
const endpointName = "seatrial-device-server";
const answerWithinMs = 2_000;

/** An LwM2M device with objects 0, 1, 3 and 5. After a bootstrap it registers at every server that object 0 names then. */
export function lwm2mHome(
  rules: Pick<DeviceServerKnobs, "lwFirmwareState" | "lwPackageUri">,
  world: Lwm2mWorld,
): Lwm2mHome {
  let clockIsAheadS = 0;
  const seconds = () => Math.floor(world.nowMs() / 1_000);
  const firmware = firmwareObject(rules, {
    ...world,
    fetch: ({ to, options }) =>
      world.client.request({ to, options, path: "", code: code.get, withinMs: answerWithinMs }),
  });
  const reboot = (why: string): number => {
    world.log.tell("rebooted", why, "");
    clockIsAheadS = -seconds();
    firmware.reboot();
    world.changed("3/0/13");
    return code.changed;
  };
  const factoryReset = (): number => {
    for (const [path, value] of Object.entries(factoryValues)) device.write(path, value);
    return reboot("factory-reset");
  };

  const device = new Lwm2mDevice(
    {
      reads: {
        ...firmware.hooks.reads,
        "3/0/3": () => firmware.installed,
        "3/0/13": () => seconds() + clockIsAheadS,
      },
      writes: {
        ...firmware.hooks.writes,
        "3/0/13": (value) => {
          clockIsAheadS = Number(value) - seconds();
          world.changed("3/0/13");
          return code.changed;
        },
      },
      executes: {
        ...firmware.hooks.executes,
        "1/0/8": () => code.changed,
        "3/0/4": () => reboot("reboot"),
        "3/0/5": factoryReset,
      },
    },
    {
      ...factoryValues,
      "0/0/0": world.homeUri,
      "0/0/1": false,
      "0/0/2": 0,
      "0/0/3": Buffer.from(endpointName),
      "0/0/5": Buffer.from(world.random.hex(16)),
      "0/0/10": 1,
      "3/0/0": "seatrial",
      "3/0/1": "device server",
      "3/0/2": world.random.hex(4),
      "3/0/9": 100,
      "3/0/16": "U",
    },
  );

  const register = async (uri: string) => {
    const place = placeOf(uri);
    if (typeof place === "string") return;
    const query = [`ep=${endpointName}`, "lt=86400", "lwm2m=1.0", "b=U"];
    const ask = { to: place.to, path: "rd", query, code: code.post, payload: "</1/0>,</3/0>,</5/0>" };
    await world.client.request({ ...ask, withinMs: answerWithinMs }).catch(() => undefined);
  };

  return {
    device,
    bootstrapped() {
      const uris = device.instances(0).map((instance) => device.read(`0/${instance}/0`));
      const others = uris.filter((uri) => typeof uri === "string" && uri !== world.homeUri);
      world.log.tell("bootstrapped", others.length === 0 ? "same-server" : "other-server", "");
      for (const uri of others) void register(String(uri));
    },
  };
}

/** Values that a factory reset brings back. */
const factoryValues = { "1/0/0": 1, "1/0/1": 86_400, "1/0/6": true, "1/0/7": "U", "3/0/14": "+00:00" } as const;
