import type { LabAddress } from "#contract/bench.ts";

/**
 * Where a socket is opened that plays somebody else: the victim of a forged source address, another client. On loopback
 * each gets an address of its own; elsewhere they differ by port alone, as this machine has but one address.
 * No packet is forged: what the server sees is the same, and nobody else can be hit.
 * @param n 0 to 5,000.
 */
export function ownedHost({ host }: Pick<LabAddress, "host">, n: number): { readonly host?: string } {
  if (!hasOwnAddresses({ host })) return {};
  return { host: `127.0.${1 + Math.floor(n / 250)}.${1 + (n % 250)}` };
}

/** Whether {@link ownedHost} gives addresses of their own. */
export function hasOwnAddresses({ host }: Pick<LabAddress, "host">): boolean {
  return host.startsWith("127.");
}
