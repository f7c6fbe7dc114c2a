import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer, Check } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { alert } from "#simulator/dtls/alert.ts";
import { suiteName } from "#simulator/dtls/cipher-suite.ts";
import { dtlsVersion } from "#simulator/dtls/version.ts";
import { secureListener } from "./parts/dtls-life.ts";
import { answeredIn, type SessionOffer } from "./parts/dtls-session.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.dtls-suites";

/** What is offered, by the question that it answers. */
const offers = {
  null: { version: dtlsVersion["1.2"], suites: [0x00b0, 0x002c] },
  cbc: { version: dtlsVersion["1.2"], suites: [0x008d, 0x008c] },
  "1.0": { version: dtlsVersion["1.0"], suites: [0x008d, 0x008c, 0x002c] },
} as const satisfies { readonly [offer: string]: SessionOffer };

type Offer = keyof typeof offers;

const check = (offer: Offer, given: Pick<Check, "id" | "asks" | "remedy">, what: string): Check => ({
  ...given,
  covers: "P3.1/crypto-current",
  needs: [id],
  judge: (record) => judgeLaunches(record, id, (launch) => judge(launch, offer, what)),
});

export const dtlsSuites = defineAttack({
  id,
  title: "Offer the server nothing but what nobody should take any more",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `A client with the right key offers three times what it should not: only suites without encryption (PSK with NULL), only
AES-CBC with SHA-1, and only DTLS 1.0. An offer counts as taken where a CoAP request in the session is answered, never by
a finished handshake alone; an alert is a refusal. DTLS 1.0 is refused by protocol_version only, since any other alert
may be about the suites that came with it. Silence is inconclusive.
The control: the same client is answered in a session with AES-CCM or AES-GCM.`,
  references: {
    cwe: ["CWE-327", "CWE-326"],
    attack: ["T1600", "T1689", "T1557"],
    owasp: ["I7"],
    clauses: ["RFC 7925 §4.2", "RFC 8996", "RFC 9325 §4.1"],
    cases: ["CO-DTLS-02", "CO-DTLS-03"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "200ms", atMost: "10s" }).prefault("2s").describe("how long a handshake may take"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 8 * window + 20_000,

  async control(bench, ground) {
    secureListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { window }) {
    await Promise.all(Object.entries(offers).map(([offer, what]) => offerOnly(bench, ground, offer, what, window)));
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    check(
      "null",
      {
        id: "records-are-always-encrypted",
        asks: "Does the server refuse sessions without encryption?",
        remedy:
          "Take the NULL suites out of the server's list. Then run this again: an offer of nothing else must end with an alert.",
      },
      "suites without encryption",
    ),
    check(
      "cbc",
      {
        id: "only-aead-suites-are-taken",
        asks: "Does the server refuse suites with CBC and SHA-1?",
        remedy:
          "Leave only AEAD suites (AES-CCM, AES-GCM) in the server's list. Then run this again: an offer of nothing else must end with an alert.",
      },
      "suites with CBC and SHA-1",
    ),
    check(
      "1.0",
      {
        id: "dtls-1-0-is-refused",
        asks: "Does the server refuse DTLS 1.0?",
        remedy:
          "Set the least version to DTLS 1.2; a build against another library may differ (libcoap with GnuTLS takes 1.0). Then run this again: the offer must end with an alert.",
      },
      "DTLS 1.0",
    ),
  ],
  twins: [
    { kills: "records-are-always-encrypted", loosen: { where: "coap-server", knob: "dtlsSuites", value: "weak" } },
    { kills: "only-aead-suites-are-taken", loosen: { where: "coap-server", knob: "dtlsSuites", value: "weak" } },
    {
      kills: "dtls-1-0-is-refused",
      loosen: { where: "coap-server", knob: "dtlsVersions", value: "1.0-too" },
      // None of the suites that DTLS 1.0 has is strong.
      both: { "coap-server": { dtlsSuites: "weak" } },
    },
  ],
});

async function offerOnly(
  bench: Bench,
  ground: Ground,
  offer: string,
  what: SessionOffer,
  windowMs: number,
): Promise<void> {
  const suites = what.suites.map(suiteName);
  await bench.observe.attempt("offer", { offer, suites }, async (trace) => {
    const given = { withinMs: windowMs, offer: what };
    const suite = await answeredIn(bench, ground, ground.identities.operator, given, trace);
    trace.detail({ suite });
  });
}

/** The only alert that says that it is the version which is not taken. */
const versionRefused = `alert ${alert.protocolVersion}`;

function judge({ during: { attack } }: Launch, offer: Offer, what: string): Answer {
  const tried = attemptsOf(attack, "offer").find(({ began }) => fieldOf(began.detail, "offer") === offer);
  if (tried === undefined) return { verdict: "inconclusive", says: `${what} were not offered`, evidence: [] };
  const evidence = [seqOf(tried)];
  if (tried.phase === "ok") {
    const suite = textOf(tried.ended?.detail, "suite");
    return { verdict: "fail", says: `the server answered in a session with ${what} (${suite})`, evidence };
  }
  if (tried.phase === "refused") {
    const said = tried.ended?.error?.code ?? "an alert";
    if (offer === "1.0" && said !== versionRefused) {
      return {
        verdict: "inconclusive",
        says: `${what} was refused by ${said}, which may be about the suites`,
        evidence,
      };
    }
    return { verdict: "pass", says: `the server refused ${what} (${said})`, evidence };
  }
  const why = tried.ended?.error?.message ?? "the run ended";
  return { verdict: "inconclusive", says: `an offer of ${what} got no certain answer: ${why}`, evidence };
}
