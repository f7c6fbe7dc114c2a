import { code, isSuccess } from "../coap/code.ts";
import { type CoapPlace, type NoWay, placeOf } from "./coap-uri.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import {
  type Firmware,
  type FirmwareEvent,
  stepFirmware,
  type UpdateResult,
  updateResult,
  updateState,
} from "./firmware-update.ts";
import type { Hooks } from "./lwm2m-device.ts";

/** What object 5 needs of the world. */
export interface FirmwareWorld {
  /** Calls once after so many milliseconds. */
  after(ms: number, act: () => void): unknown;
  /** The body that a GET brings; rejects where none comes. */
  fetch(place: CoapPlace): Promise<{ readonly code: number; readonly payload: Buffer }>;
  /** Whether it is the server's own resource, which is all that the allow-list has. */
  isOwn(place: CoapPlace): boolean;
  changed(path: string): void;
}

/** Object 5 with its state machine behind it. */
export interface FirmwareObject {
  readonly hooks: Hooks;
  readonly installed: string;
  reboot(): void;
}

/** How long it takes to install. */
const installMs = 500;

export function firmwareObject(
  { lwFirmwareState, lwPackageUri }: Pick<DeviceServerKnobs, "lwFirmwareState" | "lwPackageUri">,
  world: FirmwareWorld,
): FirmwareObject {
  let firmware: Firmware = { state: updateState.idle, result: updateResult.initial, uri: "", installed: "1.0.0" };

  /** The code of the answer. */
  const happen = (event: FirmwareEvent): number => {
    const step = stepFirmware(firmware, event, lwFirmwareState === "checked");
    const before = firmware;
    firmware = step.firmware;
    if (before.state !== firmware.state) world.changed("5/0/3");
    if (before.result !== firmware.result) world.changed("5/0/5");
    if (step.isRefused) return code.methodNotAllowed;
    if (step.does === "fetch") void download();
    if (step.does === "install") world.after(installMs, () => happen({ kind: "installed" }));
    return code.changed;
  };

  const fail = (because: UpdateResult) => happen({ kind: "fetch-failed", because });
  const download = async () => {
    const place = placeOf(firmware.uri);
    if (typeof place === "string") return fail(noWayResult(place));
    const reply = await world.fetch(place).catch(() => undefined);
    if (reply === undefined) return fail(updateResult.connectionLost);
    return isSuccess(reply.code) ? happen({ kind: "fetched", bytes: reply.payload }) : fail(updateResult.invalidUri);
  };

  const writeUri = (uri: string): number => {
    const place = placeOf(uri);
    const isAllowed = uri === "" || lwPackageUri === "any" || (typeof place !== "string" && world.isOwn(place));
    if (isAllowed) return happen({ kind: "uri-written", uri });
    firmware = { ...firmware, result: typeof place === "string" ? noWayResult(place) : updateResult.invalidUri };
    world.changed("5/0/5");
    return code.badRequest;
  };

  return {
    hooks: {
      reads: {
        "5/0/1": () => firmware.uri,
        "5/0/3": () => firmware.state,
        "5/0/5": () => firmware.result,
        "5/0/7": () => firmware.installed,
        "5/0/9": () => 2,
      },
      writes: {
        "5/0/0": (value) =>
          happen({ kind: "package-written", bytes: Buffer.from(value instanceof Buffer ? value : "") }),
        "5/0/1": (value) => writeUri(String(value)),
      },
      executes: { "5/0/2": () => happen({ kind: "update" }), "5/0/10": () => happen({ kind: "cancel" }) },
    },
    get installed() {
      return firmware.installed;
    },
    reboot: () => void happen({ kind: "reboot" }),
  };
}

function noWayResult(noWay: NoWay): UpdateResult {
  return noWay === "scheme" ? updateResult.unsupportedProtocol : updateResult.invalidUri;
}
