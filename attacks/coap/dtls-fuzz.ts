import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { dtlsGrammar } from "#simulator/dtls/fuzz-grammar.ts";
import { dtlsLife, secureListener } from "./parts/dtls-life.ts";
import { fuzzAndKeep, fuzzAtMostMs, fuzzParameters, seemsAlive } from "./parts/fuzz-campaign.ts";
import { judgeFuzzing } from "./parts/judge-fuzzing.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.dtls-fuzz";

export const coapDtlsFuzz = defineAttack({
  id,
  title: "Send DTLS records that nobody would write, and look for life",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `As coap.fuzz does, but towards the DTLS listener and with records of DTLS: hellos, fragments, key exchanges, alerts
and protected records are changed by field and length. They come from endpoints without a session, and cookies are never
brought back, so what is met is what any stranger meets. An endpoint that sends nothing else says hello after each batch.
stays-alive-under-dtls-fuzzing is judged like the check of coap.fuzz.`,
  references: {
    cwe: ["CWE-20", "CWE-125", "CWE-248"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC6347-4.1.2.7", "RFC6347-4.2.3"],
    cases: ["CO-FUZ-01", "CO-DTLS-01"],
  },
  parameters: z.strictObject({ ...fuzzParameters }),
  needs: ["operator"],
  strains: true,
  atMostMs: fuzzAtMostMs,

  async control(bench, ground) {
    secureListener(ground);
    await expectServed(bench, ground, "before the first odd record");
  },

  async launch(bench, ground, parameters) {
    const at = secureListener(ground);
    await fuzzAndKeep(bench, { ...ground, at }, dtlsGrammar(bench.random), dtlsLife(bench), parameters);
  },

  async recovery(bench, ground) {
    // What is served may have been changed by what was sent; that anything is answered is what counts.
    await seemsAlive(bench, secureListener(ground), dtlsLife(bench));
  },

  checks: [
    {
      id: "stays-alive-under-dtls-fuzzing",
      asks: "Does the DTLS listener answer others while strangers send it thousands of odd records?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Send the kept sequence with seatrial replay, find the record that the server does not survive, and discard it without a word where it is parsed. Then run this again with the same seed.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeFuzzing),
    },
  ],
  twins: [
    {
      kills: "stays-alive-under-dtls-fuzzing",
      loosen: { where: "coap-server", knob: "plantedFault", value: "dtls-crash" },
      parameters: { lasts: "1500ms", replays: 2 },
    },
  ],
});
