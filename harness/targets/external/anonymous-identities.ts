import { type DeviceIdentity, type Identities, topicsBelow } from "#contract/identity.ts";

/**
 * Everyone without credentials, as an open broker lets strangers in. The names carry the run's id, so that no session
 * and no retained message of an earlier run is taken for one of this.
 */
export function anonymousIdentities(runId: string, devices: number): Identities {
  return {
    operator: { clientId: `operator-${runId}` },
    intruder: deviceOf(`intruder-${runId}`),
    victim: deviceOf(`victim-${runId}`),
    devices: Array.from({ length: devices }, (_, n) => deviceOf(`device-${String(n + 1).padStart(4, "0")}-${runId}`)),
  };
}

function deviceOf(clientId: string): DeviceIdentity {
  return { clientId, topics: topicsBelow(`devices/${clientId}`) };
}
