import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { openAsker } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { wasTaken } from "./parts/access-reply.ts";
import { borrow } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { mustReadObjects } from "./parts/lwm2m-serving.ts";
import { bodyVectors } from "./parts/tlv-vectors.ts";

const id = "coap.lwm2m-bodies";
const instance = "1/0";
const lifetime = "1/0/1";

export const lwm2mBodies = defineAttack({
  id,
  title: "Write bodies to an LwM2M device that are not what they say",
  speaks: "coap",
  severity: "high",
  layer: "data",
  explains: `With the operator's credential the attack writes ten bodies to the server object /1/0: TLV whose entries are longer than
what they lie in, end in a head, or lie where they may not, a thousand deep; SenML JSON that ends too early, and SenML
CBOR a thousand deep. malformed-bodies-are-refused fails where one was answered with success.
The lifetime is set back in the end. The control: the operator reads /3/0/0.`,
  references: {
    cwe: ["CWE-20", "CWE-125", "CWE-674", "CWE-130"],
    cve: ["CVE-2019-9004"],
    attack: ["T1499.004", "T0866"],
    owasp: ["I5"],
    clauses: ["LwM2M Core 1.2 §7.4"],
    cases: ["LW-07"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 25 * window + 15_000,

  control: (bench, ground, { window }) => mustReadObjects(bench, ground, window),

  async launch(bench, ground, { window }) {
    if (ground.resources?.lwm2m === undefined) return;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using _before = await borrow(operator, lifetime, window);
    for (const { id: how, format, body } of bodyVectors) {
      const options = [option(optionNumber.contentFormat, format)];
      const order = { code: code.post, path: instance, payload: body, options };
      await pursue(bench, operator, { goal: "write", how, path: "" }, order, {
        withinMs: window,
        reached: wasTaken,
      });
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "malformed-bodies-are-refused",
      asks: "Does an LwM2M device refuse bodies that are not what they say?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Read a body as a whole before anything of it is written: every length against what is left of its parent, every kind where it may lie, every depth against a limit; answer 4.00 otherwise. Then run this again: no body may be answered with success.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["write"]), {
            did: "bodies were taken that are none",
            held: "bodies were refused",
            untried: "nobody knows of LwM2M objects here",
          }),
        ),
    },
  ],
  twins: [{ kills: "malformed-bodies-are-refused", loosen: { where: "coap-server", knob: "lwTlv", value: "lenient" } }],
});
