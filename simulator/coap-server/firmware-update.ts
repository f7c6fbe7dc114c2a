import { openFirmware } from "./firmware-package.ts";

/** Resource /5/0/3 (LwM2M object 5, version 1.1). */
export const updateState = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const;
export type UpdateState = (typeof updateState)[keyof typeof updateState];

/** Resource /5/0/5. */
export const updateResult = {
  initial: 0,
  success: 1,
  noFlash: 2,
  noMemory: 3,
  connectionLost: 4,
  integrity: 5,
  unsupportedType: 6,
  invalidUri: 7,
  failed: 8,
  unsupportedProtocol: 9,
  cancelled: 10,
} as const;
export type UpdateResult = (typeof updateResult)[keyof typeof updateResult];

/** All that object 5 remembers. */
export interface Firmware {
  readonly state: UpdateState;
  readonly result: UpdateResult;
  readonly uri: string;
  /** Version of the package that was taken and not installed yet. */
  readonly staged?: string;
  readonly installed: string;
}

/** What happens to it. */
export type FirmwareEvent =
  | { readonly kind: "package-written" | "fetched"; readonly bytes: Buffer }
  | { readonly kind: "uri-written"; readonly uri: string }
  | { readonly kind: "fetch-failed"; readonly because: UpdateResult }
  | { readonly kind: "update" | "cancel" | "installed" | "reboot" };

/** The state after an event, or that the event is not allowed in this state; and what is to be done. */
export interface Step {
  readonly firmware: Firmware;
  readonly isRefused?: true;
  readonly does?: "fetch" | "install";
}

/**
 * The state machine of object 5. Every event in every state has an answer.
 * @param isChecked false carries out what the state does not allow.
 */
export function stepFirmware(firmware: Firmware, event: FirmwareEvent, isChecked: boolean): Step {
  const { state } = firmware;
  const refused: Step = { firmware, isRefused: true };
  switch (event.kind) {
    case "package-written":
      if (isChecked && state === updateState.updating) return refused;
      if (isEmpty(event.bytes)) return { firmware: idle(firmware, updateResult.initial) };
      if (isChecked && state !== updateState.idle) return refused;
      return { firmware: taken({ ...firmware, uri: "" }, event.bytes) };
    case "uri-written":
      if (isChecked && state === updateState.updating) return refused;
      if (event.uri === "") return { firmware: idle(firmware, updateResult.initial) };
      if (isChecked && state !== updateState.idle) return refused;
      return {
        firmware: { ...idle(firmware, updateResult.initial), state: updateState.downloading, uri: event.uri },
        does: "fetch",
      };
    case "fetched":
      return { firmware: state === updateState.downloading ? taken(firmware, event.bytes) : firmware };
    case "fetch-failed":
      return { firmware: state === updateState.downloading ? idle(firmware, event.because) : firmware };
    case "update":
      if (isChecked && state !== updateState.downloaded) return refused;
      return { firmware: { ...firmware, state: updateState.updating }, does: "install" };
    case "cancel":
      if (isChecked && state === updateState.updating) return refused;
      return { firmware: idle(firmware, updateResult.cancelled) };
    case "installed":
      if (state !== updateState.updating) return { firmware };
      return { firmware: { ...idle(firmware, updateResult.success), installed: firmware.staged ?? "none" } };
    case "reboot":
      // The result keeps its value over a reboot, and so does a package that waits to be installed.
      return {
        firmware: { ...firmware, state: firmware.staged === undefined ? updateState.idle : updateState.downloaded },
      };
  }
}

/** One byte of zero, or none at all, takes back what was written (object 5, resource 0). */
function isEmpty(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0);
}

function taken(firmware: Firmware, bytes: Buffer): Firmware {
  const opened = openFirmware(bytes);
  if (opened === "unsupported-type") return idle(firmware, updateResult.unsupportedType);
  if (opened === "integrity") return idle(firmware, updateResult.integrity);
  const { uri, installed } = firmware;
  return { state: updateState.downloaded, result: updateResult.initial, uri, installed, staged: opened.version };
}

function idle({ installed }: Firmware, result: UpdateResult): Firmware {
  return { state: updateState.idle, result, uri: "", installed };
}
