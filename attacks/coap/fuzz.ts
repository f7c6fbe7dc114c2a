import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { coapGrammar } from "#simulator/coap/fuzz-grammar.ts";
import { coapLife, testablePaths } from "./parts/coap-life.ts";
import { fuzzAndKeep, fuzzAtMostMs, fuzzParameters, seemsAlive } from "./parts/fuzz-campaign.ts";
import { judgeFuzzing } from "./parts/judge-fuzzing.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.fuzz";

export const coapFuzz = defineAttack({
  id,
  title: "Send CoAP messages that nobody would write, and look for life",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Sequences of up to five messages are made from ordinary ones (GET, PUT, Observe, blocks, RST, proxy requests on the
resources that are known) by changing fields, codes, options, blocks and bytes; what brings an answer of a new kind is
changed further. After each batch an endpoint that sends nothing else asks a question. Where it gets no answer in three
tries, the target is waited for (and started again, where seatrial runs it), and the shortest sequence that silences it
again is searched, kept as a file for \`seatrial replay\` and sent several times more.
stays-alive-under-fuzzing fails where a sequence silenced the target again, or the target never came back. It is
inconclusive where it fell silent and no sequence did it again. The same seed makes the same decisions; what a target
answers is part of them.`,
  references: {
    cwe: ["CWE-20", "CWE-248", "CWE-835"],
    attack: ["T1499.004", "T0866"],
    owasp: ["I5"],
    clauses: ["RFC7252-3", "RFC7252-4.2"],
    cases: ["CO-FUZ-01", "CO-PAR"],
  },
  parameters: z.strictObject({ ...fuzzParameters }),
  needs: [],
  strains: true,
  atMostMs: fuzzAtMostMs,

  async control(bench, ground) {
    await expectServed(bench, ground, "before the first odd message");
    await seemsAlive(bench, ground.at, coapLife(bench, ground));
  },

  async launch(bench, ground, parameters) {
    await fuzzAndKeep(bench, ground, coapGrammar(testablePaths(ground)), coapLife(bench, ground), parameters);
  },

  async recovery(bench, ground) {
    // What is served may have been changed by what was sent; that anything is answered is what counts.
    await seemsAlive(bench, ground.at, coapLife(bench, ground));
  },

  checks: [
    {
      id: "stays-alive-under-fuzzing",
      asks: "Does the server answer others while somebody sends it thousands of odd messages?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Send the kept sequence with seatrial replay, find the message that the server does not survive, and reject it where it is parsed. Then run this again with the same seed.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeFuzzing),
    },
  ],
  twins: [
    {
      kills: "stays-alive-under-fuzzing",
      loosen: { where: "coap-server", knob: "plantedFault", value: "crash" },
      parameters: { lasts: "1500ms", replays: 2 },
    },
  ],
});
