import type { Random } from "#contract/bench.ts";
import { type DeviceIdentity, type Identities, type Identity, topicsBelow } from "#contract/identity.ts";
import type { Peer } from "../udp/datagram.ts";
import { peerKey } from "../udp/datagram.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { Principal } from "./principal.ts";

/** All identities of the device server with their keys. */
export interface PskAccounts {
  /** `username` is the PSK identity, and the bytes of `password` are the key; topics are paths. */
  readonly identities: Identities;
  /** Ids of the devices that have resources here. */
  readonly deviceIds: ReadonlySet<string>;
  /** Key of an identity; undefined for one that is not known. */
  keyOf(identity: string): Uint8Array | undefined;
  /** Who a request of this peer comes from. */
  principalOf(peer: Peer): Principal;
}

type Rules = Pick<DeviceServerKnobs, "pskKeys" | "plainAccess" | "pathAuthorization">;

/** As manuals of CoAP libraries print them. */
const manual = { identity: "Client_identity", key: "secretPSK" };

/**
 * Makes identities with random keys for the operator, the intruder, the victim and so many devices.
 * @param admit identities of another part of the same system: whoever has the same client id there keeps its password as
 * key here, where each has a key of its own.
 */
export function makePskAccounts(random: Random, devices: number, rules: Rules, admit?: Identities): PskAccounts {
  const passwords = passwordsOf(admit);
  const sharedKey = random.hex(16);
  const keys = new Map<string, Buffer>();
  const staff = new Set(["operator"]);

  const keyFor = (clientId: string, role: "operator" | "device"): string => {
    if (rules.pskKeys === "default") return manual.key;
    if (rules.pskKeys === "shared" && role === "device") return sharedKey;
    // Drawn also where it is not used, so that a part which is joined to another makes the same decisions as one alone.
    const own = random.hex(16);
    return passwords.get(clientId) ?? own;
  };
  const identityOf = (clientId: string, role: "operator" | "device"): Identity => {
    const password = keyFor(clientId, role);
    keys.set(clientId, Buffer.from(password));
    return { clientId, username: clientId, password };
  };
  const deviceOf = (clientId: string): DeviceIdentity => ({
    ...identityOf(clientId, "device"),
    topics: topicsBelow(`devices/${clientId}`),
  });

  const identities = {
    operator: identityOf("operator", "operator"),
    intruder: deviceOf("intruder"),
    victim: deviceOf("victim"),
    devices: Array.from({ length: devices }, (_, n) => deviceOf(`device-${String(n + 1).padStart(4, "0")}`)),
  };
  if (rules.pskKeys === "default") {
    keys.set(manual.identity, Buffer.from(manual.key));
    staff.add(manual.identity);
  }

  return {
    identities,
    deviceIds: new Set(["intruder", "victim", ...identities.devices.map(({ clientId }) => clientId)]),
    keyOf: (identity) => keys.get(identity),
    principalOf(peer) {
      const { identity } = peer;
      if (identity === undefined) {
        const role = rules.plainAccess === "open" ? "staff" : "stranger";
        return { name: peerKey(peer), countedAs: peer.host, isAuthenticated: false, role };
      }
      const role = staff.has(identity) || rules.pathAuthorization === "open" ? "staff" : "device";
      return { name: identity, countedAs: identity, isAuthenticated: true, role };
    },
  };
}

function passwordsOf(admit: Identities | undefined): ReadonlyMap<string, string> {
  const { operator, intruder, victim, devices = [] } = admit ?? {};
  const all = [operator, intruder, victim, ...devices];
  return new Map(
    all.flatMap((each) => (each?.password === undefined ? [] : [[each.clientId, each.password] as const])),
  );
}
