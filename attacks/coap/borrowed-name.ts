import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, seqOf, textOf } from "#contract/detail.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { hasSecure, openDevice } from "./parts/access-asker.ts";
import { mustServe } from "./parts/access-serving.ts";

const id = "coap.borrowed-name";

export const borrowedName = defineAttack({
  id,
  title: "Claim another device's name with one's own key",
  speaks: "coap",
  severity: "critical",
  layer: "network",
  explains: `A device opens a DTLS session under the victim's identity, with the key that is its own, and asks for the victim's state;
then the victim does the same with its own key. A finished handshake is not believed: what counts is an answer.
a-key-opens-only-its-own-name fails where the device was answered in such a session, and passes where the handshake was
refused, or nothing came of it while the victim's own went through in the same window. Without DTLS it is not tested.
The control: the victim is answered in a session of its own.`,
  references: {
    cwe: ["CWE-287", "CWE-798", "CWE-1392"],
    attack: ["T1078", "T1110.001"],
    owasp: ["I1"],
    clauses: ["RFC 7252 §9.1.3.1", "RFC 4279 §7.2"],
    cases: ["CO-AZ-01", "CO-DTLS-04"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "200ms", atMost: "10s" }).prefault("1s").describe("how long a session is waited for"),
  }),
  needs: ["intruder", "victim"],
  strains: false,
  atMostMs: ({ window }) => 10 * window + 10_000,

  async control(bench, ground, { window }) {
    if (!hasSecure(ground)) return mustServe(bench, ground, window);
    const victim = needed(ground.identities.victim);
    await using session = await openDevice(bench, ground, "victim", victim, window);
    await session.ask({ code: code.get, path: victim.topics.state }, window);
  },

  async launch(bench, ground, { window }) {
    if (!hasSecure(ground)) return;
    const victim = needed(ground.identities.victim);
    const { password = "" } = needed(ground.identities.intruder);
    await enter(bench, ground, "intruder", { ...victim, password }, window);
    await enter(bench, ground, "victim", victim, window);
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "a-key-opens-only-its-own-name",
      asks: "Does the key of one device open a session under no other device's name?",
      covers: "P1.1/credentials-unique-across-units",
      remedy:
        "Give each device a pre-shared key of its own, drawn at random, and look the key up by the identity that the session names. Then run this again: the handshake under another's name must fail.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeNames),
    },
  ],
  twins: [
    { kills: "a-key-opens-only-its-own-name", loosen: { where: "coap-server", knob: "pskKeys", value: "shared" } },
  ],
});

/** A session under the victim's name, and an answer in it. */
async function enter(bench: Bench, ground: Ground, keyOf: string, as: DeviceIdentity, withinMs: number): Promise<void> {
  await bench.observe.attempt("enter", { keyOf, name: as.username ?? as.clientId }, async (trace) => {
    await using session = await openDevice(bench, ground, keyOf, as, withinMs);
    trace.wire(session.reference);
    const { code: answered } = await session.ask({ code: code.get, path: as.topics.state }, withinMs);
    trace.detail({ answer: codeText(answered) });
  });
}

function judgeNames({ during: { attack } }: Launch): Answer {
  const entries = attemptsOf(attack, "enter");
  const borrowed = entries.find(({ began }) => textOf(began.detail, "keyOf") === "intruder");
  const own = entries.find(({ began }) => textOf(began.detail, "keyOf") === "victim");
  const evidence = entries.map(seqOf);
  if (borrowed === undefined) {
    return { verdict: "not-tested", says: "no address with DTLS is known, so that nobody has a key", evidence };
  }
  if (borrowed.phase === "ok") {
    const says = `under the victim's name another device was answered with ${textOf(foundIn(borrowed), "answer")}, by its own key`;
    return { verdict: "fail", says, evidence };
  }
  if (borrowed.phase === "refused") {
    const says = `the handshake under the victim's name was refused: ${borrowed.ended?.error?.message ?? ""}`;
    return { verdict: "pass", says, evidence };
  }
  if (own?.phase !== "ok") {
    const says = "nothing came of the handshake under the victim's name, and the victim's own failed as well";
    return { verdict: "inconclusive", says, evidence };
  }
  const says = "nothing came of the handshake under the victim's name, while the victim's own went through";
  return { verdict: "pass", says, evidence };
}
