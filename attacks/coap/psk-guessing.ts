import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import type { Identity } from "#contract/identity.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { fieldOf, seqOf, textOf } from "./parts/detail.ts";
import { answeredIn } from "./parts/dtls-session.ts";
import { needed } from "./parts/needed.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.psk-guessing";

/** Keys and identities that manuals, examples and quick starts of CoAP libraries print. */
const printedKeys = [
  "secretPSK",
  "sesame",
  "secretkey",
  "password",
  "12345678",
  "123456",
  "admin",
  "psk",
  "key",
  "0123456789abcdef",
];
const printedIdentities = ["Client_identity", "coap", "CoAP", "default", "user"];
/** Guesses that any server may answer at full speed; a brake must have bitten by then. */
const freeGuesses = 20;
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

interface Guess {
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
function tryKey(bench: Bench, ground: Ground, { what, who, key, window, from }: Guess) {
  const secret = key ?? bench.random.hex(16);
  const identity = who?.username ?? who?.clientId ?? "";
  return bench.observe.attempt("guess", { what, identity }, async (trace) => {
    const given = { withinMs: window, key: secret, ...(from && { from }) };
    await answeredIn(bench, ground, who, given, trace);
  });
}

/** The victim's own key: `beside` the guesses, to tell silence from a dead server, and `after` them from their address. */
async function tryRight(
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
async function tryOthers(bench: Bench, ground: Ground, window: number): Promise<void> {
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
async function tryPrinted(bench: Bench, ground: Ground, window: number): Promise<void> {
  const { intruder, victim } = ground.identities;
  const names = [needed(victim), needed(intruder)].map(({ clientId, username = clientId }) => username);
  const identities = [...names, ...printedIdentities];
  await Promise.all(
    identities.map(async (username, n) => {
      // Few keys for each, as a brake may rightly bite after five.
      const keys = n < names.length ? [username, ...printedKeys.slice(0, 3)] : printedKeys.slice(0, 4);
      for (const [at, key] of keys.entries()) {
        const from = ownedHost(ground.at, 40 + 10 * n + at);
        await tryKey(bench, ground, { what: "printed", who: { clientId: username, username }, key, window, from });
      }
    }),
  );
}

function guessesOf({ during: { attack } }: Launch, what: Guess["what"]): readonly Attempted[] {
  return attemptsOf(attack, "guess").filter(({ began }) => fieldOf(began.detail, "what") === what);
}

/** Whether the right key was taken in the same time, within the same window; only then says silence anything. */
function wasHeardBeside(launch: Launch): boolean {
  const beside = guessesOf(launch, "beside");
  return beside.length > 0 && beside.every(({ phase }) => phase === "ok");
}

/** A guess that was taken counts against the server; silence for it only where the right key was taken beside it. */
function judgeTaken(launch: Launch, what: Guess["what"], nothing: string): Answer {
  const tried = guessesOf(launch, what);
  const taken = tried.filter(({ phase }) => phase === "ok");
  const silent = tried.filter(({ phase }) => phase === "unknown").length;
  const trials = { planned: tried.length, run: tried.length, passed: tried.length - taken.length };
  if (taken.length > 0) {
    const identities = [...new Set(taken.map(({ began }) => textOf(began.detail, "identity")))];
    const says = `${taken.length} of ${tried.length} guesses opened a session, as ${identities.join(", ")}`;
    return { verdict: "fail", says, evidence: taken.map(seqOf), trials };
  }
  const evidence = tried.map(seqOf);
  if (tried.length === 0) return { verdict: "inconclusive", says: "nothing was guessed", evidence };
  if (silent > 0 && !wasHeardBeside(launch)) {
    const says = `${silent} of ${tried.length} guesses got no answer, but neither did the right key beside them`;
    return { verdict: "inconclusive", says, evidence, trials };
  }
  const how = silent === 0 ? "" : `; ${silent} got no answer, while the right key did`;
  return { verdict: "pass", says: `${nothing}${how}`, evidence: [...evidence, ...besideOf(launch)], trials };
}

function besideOf(launch: Launch): readonly number[] {
  return guessesOf(launch, "beside").map(seqOf);
}

function judgePrinted(launch: Launch): Answer {
  const tried = guessesOf(launch, "printed").length;
  return judgeTaken(launch, "printed", `none of ${tried} printed keys opened a session`);
}

function judgeShared(launch: Launch): Answer {
  return judgeTaken(launch, "other's key", "the intruder's key did not open the victim's identity");
}

function judgeSpeed(launch: Launch): Answer {
  const tried = guessesOf(launch, "random");
  const lucky = tried.find(({ phase }) => phase === "ok");
  if (lucky !== undefined) return { verdict: "fail", says: "a random key was taken", evidence: [seqOf(lucky)] };
  const evaluated = tried.filter(({ phase }) => phase === "refused");
  const [right] = guessesOf(launch, "after");
  const says = `${evaluated.length} of ${tried.length} wrong keys were evaluated`;
  const trials = { planned: tried.length, run: tried.length, passed: tried.length - evaluated.length };
  const evidence = [...evaluated.slice(0, 1), ...evaluated.slice(-1), ...(right ? [right] : [])].map(seqOf);
  if (evaluated.length > freeGuesses && right?.phase === "ok") {
    return { verdict: "fail", says: `${says}, and the right one was then taken at once`, evidence, trials };
  }
  if (evaluated.length === 0 && right?.phase === "ok") {
    const silent = "no wrong key was answered with an alert, so nothing shows which were evaluated";
    return { verdict: "inconclusive", says: silent, evidence, trials };
  }
  if (tried.length <= freeGuesses) {
    return { verdict: "inconclusive", says: `${says}, too few for a brake to show`, evidence, trials };
  }
  const braked = right?.phase === "ok" ? "" : "; after them even the right one was not taken from there";
  return { verdict: "pass", says: `${says}${braked}`, evidence, trials };
}

function judgeAlike(launch: Launch): Answer {
  const [known] = guessesOf(launch, "known identity");
  const [unknown] = guessesOf(launch, "unknown identity");
  const evidence = [known, unknown].flatMap((each) => (each === undefined ? [] : [seqOf(each)]));
  if (known === undefined || unknown === undefined) {
    return { verdict: "inconclusive", says: "the two were not both tried", evidence };
  }
  const [one, other] = [endingOf(known), endingOf(unknown)];
  if (unknown.phase === "ok" || known.phase === "ok") {
    return { verdict: "inconclusive", says: "a random key was taken, so there is nothing to compare", evidence };
  }
  const says = `a wrong key ended with ${one}, an identity that nobody has with ${other}`;
  // Silence may be a lost datagram, so only two answers that were heard can be told apart for certain.
  if (one !== other && known.phase === "refused" && unknown.phase === "refused")
    return { verdict: "fail", says, evidence };
  const isSilent = [known, unknown].some(({ phase }) => phase === "unknown");
  if (one !== other || (isSilent && !wasHeardBeside(launch))) return { verdict: "inconclusive", says, evidence };
  return { verdict: "pass", says, evidence: [...evidence, ...besideOf(launch)] };
}

function endingOf({ phase, ended }: Attempted): string {
  const { code = "an alert", message = "the end of the run" } = ended?.error ?? {};
  return phase === "refused" ? code : `silence (${message})`;
}
