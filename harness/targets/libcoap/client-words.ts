import type { CallOrder } from "#contract/coap.ts";
import type { Identity } from "#contract/identity.ts";

/** Seconds that it observes before it registers anew; the program must be told a number. */
const observeS = 3_600;
/** Nothing but what comes over the network goes to standard output. */
const silent = ["-v", "0"];

/**
 * The words of a command line for coap-client: one GET, one observation, or one PUT of a reading, all confirmable.
 * @param own its own credentials, where the order names none.
 */
export function clientWords({ at, as, does, path }: CallOrder, own: Identity, reading: string): readonly string[] {
  const who = as ?? own;
  return [
    ...silent,
    ...(at.scheme === "coaps" ? ["-u", who.username ?? who.clientId, "-k", who.password ?? ""] : []),
    ...deedWords[does](reading),
    `${at.scheme}://${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}/${path}`,
  ];
}

const deedWords: { readonly [does in CallOrder["does"]]: (reading: string) => readonly string[] } = {
  read: () => ["-m", "get"],
  // A line for each notification.
  observe: () => ["-m", "get", "-s", String(observeS), "-w"],
  report: (reading) => ["-m", "put", "-e", reading],
};
