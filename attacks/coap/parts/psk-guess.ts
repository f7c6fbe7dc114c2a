import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { needed } from "#contract/needed.ts";
import { answeredIn } from "./dtls-session.ts";
import { hasOwnAddresses, ownedHost } from "./owned-host.ts";

/** Keys and identities that manuals, examples and quick starts of CoAP libraries print, the likeliest first. */
const printedKeys = ["secretPSK", "sesame", "password", "12345678", "secretkey", "admin"];
const printedIdentities = ["Client_identity", "coap", "CoAP", "default", "user"];
const fewKeys = 3;

/** One key that is tried. */
export interface Guess {
  readonly what:
    | "control"
    | "printed"
    | "other's key"
    | "known identity"
    | "unknown identity"
    | "random"
    | "beside"
    | "after";
  readonly who: Identity | undefined;
  /** A random one where it is absent. */
  readonly key?: string;
  readonly window: number;
  readonly from?: { readonly host?: string };
}

/** One handshake with one key, as one attempt at `guess`: ok where a request was answered in the session. */
export function tryKey(bench: Bench, ground: Ground, { what, who, key, window, from }: Guess) {
  const secret = key ?? bench.random.hex(16);
  const identity = who?.username ?? who?.clientId ?? "";
  return bench.observe.attempt("guess", { what, identity }, async (trace) => {
    const given = { withinMs: window, key: secret, ...(from && { from }) };
    await answeredIn(bench, ground, who, given, trace);
  });
}

/** The victim's own key: `beside` the guesses, to tell silence from a dead server, and `after` them from their address. */
export async function tryRight(
  bench: Bench,
  ground: Ground,
  what: "beside" | "after",
  window: number,
  from = ownedHost(ground.at, 34),
): Promise<void> {
  const victim = needed(ground.identities.victim);
  await tryKey(bench, ground, { what, who: victim, key: victim.password ?? "", window, from });
}

/** What the key of another opens, and how an identity that nobody has fails, beside one that somebody has. */
export async function tryOthers(bench: Bench, ground: Ground, window: number): Promise<void> {
  const victim = needed(ground.identities.victim);
  const nobody = { ...victim, username: `nobody-${bench.random.hex(4)}` };
  const key = needed(ground.identities.intruder).password ?? "";
  const from = (n: number) => ownedHost(ground.at, n);
  await Promise.all([
    tryRight(bench, ground, "beside", window),
    tryKey(bench, ground, { what: "other's key", who: victim, key, window, from: from(31) }),
    tryKey(bench, ground, { what: "known identity", who: victim, window, from: from(32) }),
    tryKey(bench, ground, { what: "unknown identity", who: nobody, window, from: from(33) }),
  ]);
}

/** Each identity from an address of its own, so that a brake on one does not hide what another would have opened. */
export async function tryPrinted(bench: Bench, ground: Ground, window: number): Promise<void> {
  const { intruder, victim } = ground.identities;
  const names = [needed(victim), needed(intruder)].map(({ clientId, username = clientId }) => username);
  const identities = [...names, ...printedIdentities];
  await Promise.all(
    identities.map(async (username, n) => {
      // Few where all come from one address, as a brake may rightly bite after five.
      const printed = hasOwnAddresses(ground.at) ? printedKeys : printedKeys.slice(0, fewKeys);
      const keys = n < names.length ? [username, ...printed] : printed;
      for (const [at, key] of keys.entries()) {
        const from = ownedHost(ground.at, 40 + 10 * n + at);
        await tryKey(bench, ground, { what: "printed", who: { clientId: username, username }, key, window, from });
      }
    }),
  );
}
