import type { LabAddress } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import { LabError } from "#contract/errors.ts";
import type { FleetSeat } from "#contract/fleet.ts";
import { exchangeLifetimeMs } from "../coap/transmission.ts";

/** Where the devices of a CoAP fleet connect, and how many sockets they do it with. */
export interface CoapBerths {
  readonly at: LabAddress;
  readonly sockets: "own" | "shared";
  readonly count: number;
}

/**
 * Messages that one socket may send a second: ids are not used again within EXCHANGE_LIFETIME, so there are 265, and some
 * are kept for what is sent at once after an outage.
 */
const messagesPerSecond = Math.floor((0.75 * 65_536_000) / exchangeLifetimeMs);

/**
 * Plans the sockets of so many devices: coaps with a socket each where the target listens there and the devices have
 * keys; plain coap otherwise, where many devices share a socket unless the posture wants one for each.
 * Throws E_PLAN where the target has no address that these devices can use.
 */
export function coapBerths(
  { at, listeners = [], identities }: Pick<FleetSeat, "at" | "listeners" | "identities">,
  type: Pick<DeviceType, "id" | "telemetry" | "keepAliveS">,
  posture: { readonly [knob: string]: string },
  size: number,
): CoapBerths {
  const find = (scheme: LabAddress["scheme"]) => [at, ...listeners].find((each) => each.scheme === scheme);
  const haveKeys = identities.slice(0, size).every(({ password }) => password !== undefined);
  const secure = haveKeys ? find("coaps") : undefined;
  if (secure !== undefined) return { at: secure, sockets: "own", count: size };
  const plain = find("coap");
  if (plain === undefined) throw noAddress(type.id, find("coaps") !== undefined);
  if (posture["sockets"] === "own") return { at: plain, sockets: "own", count: size };
  const perDevice = 1_000 / type.telemetry.everyMs + 4 / type.keepAliveS;
  const perSocket = Math.max(1, Math.floor(messagesPerSecond / perDevice));
  return { at: plain, sockets: "shared", count: Math.ceil(size / perSocket) };
}

function noAddress(device: string, isSecure: boolean): LabError {
  return new LabError(
    "E_PLAN",
    `a fleet of ${device} speaks CoAP over UDP, and the target has no such address for it`,
    isSecure
      ? "The target listens on coaps only: give each device a password, which is its pre-shared key."
      : "Choose a target that speaks coap, or join one to it.",
  );
}
