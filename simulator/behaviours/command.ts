import type { Json } from "#contract/observation.ts";

/** What somebody tells a device to do. */
export interface Command {
  readonly what: string;
  readonly to: Json;
  /** The device behind it that a gateway is to pass it on to. */
  readonly device?: string;
}

/** Reads `{"command": "...", "value": ..., "to": "..."}`; undefined for anything else, which a device must survive. */
export function commandOf(payload: string): Command | undefined {
  try {
    const read: unknown = JSON.parse(payload);
    if (typeof read !== "object" || read === null || !("command" in read) || typeof read.command !== "string") {
      return undefined;
    }
    const device = "to" in read && typeof read.to === "string" ? { device: read.to } : {};
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever JSON.parse returns is made of JSON
    return { what: read.command, to: "value" in read ? (read.value as Json) : null, ...device };
  } catch {
    return undefined;
  }
}
