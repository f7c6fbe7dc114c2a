import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { count, duration } from "#contract/parameters.ts";
import { freeGuesses, judgeAlike, judgePrinted, judgeShared, judgeSpeed } from "./parts/judge-guesses.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { type Guess, tryKey, tryOthers, tryPrinted, tryRight } from "./parts/psk-guess.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.psk-guessing";

/** Random keys that are tried at once: a delay for each handshake alone is no brake. */
const together = 8;

export const pskGuessing = defineAttack({
  id,
  title: "Guess pre-shared keys",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `Four things are tried at the DTLS listener, each guess in a handshake of its own, accepted only where a CoAP request is
answered in the session: keys that manuals print, and the identity itself as key, for the victim, the intruder and
identities that manuals print; the victim's identity with the intruder's key; random keys for the victim from one
address, ${together} at a time, with its right key after them from the same address; and a random key for an identity that nobody
has. On loopback the others come from addresses of their own, so that a brake on one does not hide what another opens.
printed-keys-open-nothing and keys-open-one-identity-only fail where such a session is answered. psk-guessing-is-slowed-down
fails where more than ${freeGuesses} wrong keys were evaluated (an alert was heard) and the right one is then taken at once; where a
server never says that a key is wrong, nobody sees which were evaluated, and it is inconclusive.
unknown-identities-look-alike fails where the alert tells an identity that nobody has from a wrong key.
The control: the right key opens a session, a random one does not.`,
  references: {
    cwe: ["CWE-521", "CWE-307", "CWE-204", "CWE-798"],
    attack: ["T1110.001", "T1078.001", "T1694.001"],
    owasp: ["I1"],
    clauses: ["RFC 4279 §2", "RFC 4279 §7", "EN 303 645 5.1-5"],
    cases: ["CO-DTLS-04"],
  },
  parameters: z.strictObject({
    guesses: count({ atLeast: 22, atMost: 500 }).default(24).describe("random keys to try for the victim"),
    window: duration({ atLeast: "100ms", atMost: "5s" }).prefault("500ms").describe("how long one handshake may take"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: true,
  atMostMs: ({ guesses, window }) => (Math.ceil(guesses / together) * 2 + 20) * window + 20_000,

  async control(bench, ground, { window }) {
    await expectServed(bench, ground, "before the guesses");
    const who = ground.identities.operator;
    const random = await tryKey(bench, ground, { what: "control", who, window, from: ownedHost(ground.at, 29) });
    if (random.phase === "ok") throw new Error("a random key was admitted, so there is nothing to guess");
  },

  async launch(bench, ground, { guesses, window }) {
    const victim = needed(ground.identities.victim);
    const from = ownedHost(ground.at, 30);
    await Promise.all([tryPrinted(bench, ground, window), tryOthers(bench, ground, window)]);
    await tryRight(bench, ground, "beside", window);
    for (let left = guesses; left > 0 && !bench.signal.aborted; left -= together) {
      const batch = Array.from(
        { length: Math.min(left, together) },
        (): Guess => ({ what: "random", who: victim, window, from }),
      );
      await Promise.all(batch.map((guess) => tryKey(bench, ground, guess)));
    }
    await tryRight(bench, ground, "after", window, from);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the guesses"),

  checks: [
    {
      id: "printed-keys-open-nothing",
      asks: "Are keys that manuals print refused?",
      covers: "P1.1/no-known-default-login",
      remedy:
        "Give every device a random key of at least 16 bytes when it is made, and take the keys of examples out. Then run this again: no printed key may be taken.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgePrinted),
    },
    {
      id: "keys-open-one-identity-only",
      asks: "Is the key of one device worth nothing for the identity of another?",
      covers: "P1.1/credentials-unique-across-units",
      remedy:
        "Keep a key for each identity, and look it up by the identity that the client names (libcoap: -i with a file). Then run this again: the intruder's key must not open the victim's identity.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeShared),
    },
    {
      id: "psk-guessing-is-slowed-down",
      asks: "Is guessing a key slowed down?",
      covers: "P1.1/online-guessing-impractical",
      remedy:
        "Count failed handshakes per address and identity, and stop answering for a while after a handful; with keys of 16 random bytes this is the second lock, not the first. Then run this again: at most 20 guesses may be evaluated.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSpeed),
    },
    {
      id: "unknown-identities-look-alike",
      asks: "Does a wrong key look the same whether the identity exists or not?",
      covers: "P1.1/online-guessing-impractical",
      remedy:
        "Go on with a random key where the identity is not known, so that the handshake fails as for a wrong key (RFC 4279 §2 allows it). Then run this again: both must end alike.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeAlike),
    },
  ],
  twins: [
    {
      kills: "printed-keys-open-nothing",
      loosen: { where: "coap-server", knob: "pskKeys", value: "default" },
      parameters: { guesses: 22, window: "200ms" },
    },
    {
      kills: "keys-open-one-identity-only",
      loosen: { where: "coap-server", knob: "pskKeys", value: "shared" },
      parameters: { guesses: 22, window: "200ms" },
    },
    {
      kills: "psk-guessing-is-slowed-down",
      loosen: { where: "coap-server", knob: "dtlsGuesses", value: 0 },
      parameters: { guesses: 30, window: "400ms" },
    },
    {
      kills: "unknown-identities-look-alike",
      loosen: { where: "coap-server", knob: "pskUnknown", value: "told" },
      parameters: { guesses: 22, window: "200ms" },
    },
  ],
});
