import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { openStranger, plainAt } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { wasTaken } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.oscore-options";

/** Values of the OSCORE option (RFC 8613 §6.1), all with a payload that nobody encrypted. */
const values = [
  { how: "a key id that nobody has", value: Buffer.from([0x09, 0x00, 0x01]) },
  { how: "a key id context that nobody has", value: Buffer.from([0x19, 0x00, 0x02, 0xab, 0xcd, 0x01]) },
  { how: "an empty option", value: Buffer.alloc(0) },
  { how: "reserved flags", value: Buffer.from([0xe9, 0x00, 0x01]) },
  { how: "a partial IV of a reserved length", value: Buffer.from([0x0f, 1, 2, 3, 4, 5, 6, 7, 1]) },
  { how: "an option shorter than its partial IV", value: Buffer.from([0x05, 0x01]) },
  { how: "a context longer than the option", value: Buffer.from([0x11, 0x00, 0xff, 0x01]) },
] as const;

/** As long as a ciphertext of a short request with its tag. */
const ciphertextBytes = 24;

export const oscoreOptions = defineAttack({
  id,
  title: "Send OSCORE messages that nobody can verify",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `A stranger asks for an open resource with an OSCORE option: of a key that nobody has, empty, with reserved flags or
lengths that do not fit; seven requests, each with a random ciphertext.
unverified-messages-are-refused fails where one was answered as if the option were not there. It passes on 4.00, 4.01
and 4.02 (a server without OSCORE does not know the option, which is critical), and on RST.
The control: a rightful client is served.`,
  references: {
    cwe: ["CWE-20", "CWE-347"],
    attack: ["T1499.004"],
    owasp: ["I5"],
    clauses: ["RFC 8613 §6.1", "RFC 8613 §8.2", "RFC 7252 §5.4.1"],
    cases: ["CO-OSC-03"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 20 * window + 10_000,

  control: (bench, ground, { window }) => mustServe(bench, ground, window),

  async launch(bench, ground, { window }) {
    const at = plainAt(ground);
    if (at === undefined) return;
    for (const { how, value } of values) {
      await using stranger = await openStranger(bench, at);
      const options = [option(optionNumber.oscore, value)];
      const payload = Buffer.from(bench.random.hex(ciphertextBytes), "hex");
      const order = { code: code.get, path: honestPath(ground), options, payload };
      await pursue(bench, stranger, { goal: "pass", how, path: "" }, order, {
        withinMs: window,
        reached: wasTaken,
      });
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "unverified-messages-are-refused",
      asks: "Is an OSCORE message that cannot be verified never taken for a plain one?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Refuse critical options that are not known with 4.02; where OSCORE is known, answer 4.02 to a malformed option, 4.01 to an unknown key and 4.00 to a message that does not decrypt. Then run this again: none of the requests may be answered with success.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["pass"]), {
            did: "a message that nobody verified was answered as a plain one",
            held: "messages that cannot be verified were refused",
            untried: "no address without DTLS is known",
          }),
        ),
    },
  ],
  twins: [
    {
      kills: "unverified-messages-are-refused",
      loosen: { where: "coap-server", knob: "messageParsing", value: "lenient" },
    },
  ],
});
