import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import type { HonestClient } from "#simulator/mqtt/honest-client.ts";
import { type Registered, report } from "./registered.ts";

/** How a reading of a device came through a gateway. */
export interface Crossing {
  /** Topics of the gateway: `devices/gateway-1`. */
  readonly gateway: string;
  readonly canary: string;
}

/**
 * Has the device report a canary by CoAP, and waits for it at a client that is subscribed to what gateways say of the
 * device; undefined where none came in time.
 */
export async function crossing(
  bench: Bench,
  to: HonestClient,
  from: Registered,
  device: DeviceIdentity,
  withinMs: number,
): Promise<Crossing | undefined> {
  const text = canary(bench);
  await report(from, device, JSON.stringify({ seq: 0, canary: text }));
  const end = `/field/${device.clientId}/telemetry`;
  const message = await to.until(({ topic, payload }) => topic.endsWith(end) && payload.includes(text), withinMs);
  const delivered = message !== undefined;
  const where = message ? { topic: message.topic } : {};
  bench.observe.note("crossed", { device: device.clientId, canary: text, delivered, withinMs, ...where }, to.reference);
  return message && { gateway: message.topic.slice(0, -end.length), canary: text };
}
