import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { uintField } from "#simulator/coap/fields.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import { type Asker, type Order, openAsker } from "./parts/access-asker.ts";
import { attackersOf } from "./parts/access-attackers.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo, wasTaken } from "./parts/access-reply.ts";
import { borrow, readText } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { mustReadObjects } from "./parts/lwm2m-serving.ts";

const id = "coap.lwm2m-objects";

export const lwm2mObjects = defineAttack({
  id,
  title: "Read the keys of an LwM2M device, and operate it without being its server",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `The operator (which is the device's LwM2M server), a device with a key of its own where there is DTLS, and a stranger ask
for the security object /0: the whole, its instance, the secret key /0/0/5, that with Observe, and by a composite read.
security-object-is-unreadable fails where one of them got a value: not even the device's own server may read it.
Then the other device and the stranger write the UTC offset /3/0/14 and the lifetime /1/0/1, and execute the
registration update /1/0/8, which harms nothing; with \`reboot\` also /3/0/4. After each write the operator reads; what
was there before is set back. Factory reset is never executed.
only-the-owner-operates-the-device fails where a write had its effect or an execute was answered with success.
The control: the operator reads /3/0/0.`,
  references: {
    cwe: ["CWE-522", "CWE-200", "CWE-863", "CWE-862"],
    attack: ["T1552", "T1692.001", "T0836", "T0816"],
    owasp: ["I3", "I7"],
    clauses: ["LwM2M Core 1.2 E.1", "LwM2M Core 1.2 §8.3"],
    cases: ["LW-02", "LW-03"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
    reboot: z.boolean().default(false).describe("also tries to reboot the device"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 50 * window + 15_000,

  control: (bench, ground, { window }) => mustReadObjects(bench, ground, window),

  async launch(bench, ground, { window, reboot }) {
    if (ground.resources?.lwm2m === undefined) return;
    await using stack = new AsyncDisposableStack();
    const operator = stack.use(await openAsker(bench, ground, "operator", ground.identities.operator));
    const others: Asker[] = [];
    for (const open of attackersOf(bench, ground)) others.push(stack.use(await open()));
    for (const asker of [operator, ...others]) await readSecrets(bench, asker, window);
    for (const asker of others) await operate({ bench, operator, asker, withinMs: window }, reboot);
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "security-object-is-unreadable",
      asks: "Can nobody read the keys of an LwM2M device from its security object?",
      covers: "P1.3/keys-not-in-plain-storage",
      remedy:
        "Refuse every Read, Observe and composite read of object 0, and leave it out of composite answers; only a bootstrap server may write it. Then run this again: not even the device's own server may get a value.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["secret"]), {
            did: "the security object was read",
            held: "reads of the security object gave no value",
            untried: "nobody knows of LwM2M objects here",
          }),
        ),
    },
    {
      id: "only-the-owner-operates-the-device",
      asks: "Is an LwM2M device written and operated by nobody but its own server?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Take device management requests only from the server account whose credential the session proves, and check the access control object. Then run this again: writes must have no effect and executes be refused.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["operate"]), {
            did: "the device was operated by who is not its server",
            held: "writes and executes of others had no effect",
            untried: "nobody knows of LwM2M objects here",
          }),
        ),
    },
  ],
  twins: [
    {
      kills: "security-object-is-unreadable",
      loosen: { where: "coap-server", knob: "lwSecurityObject", value: "readable" },
    },
    { kills: "only-the-owner-operates-the-device", loosen: { where: "coap-server", knob: "lwAccess", value: "any" } },
  ],
});

const secrets: readonly (Order & { readonly how: string; readonly path: string })[] = [
  { how: "Read", code: code.get, path: "0" },
  { how: "Read", code: code.get, path: "0/0" },
  { how: "Read", code: code.get, path: "0/0/5" },
  { how: "Read as TLV", code: code.get, path: "0/0/5", options: [option(optionNumber.accept, contentFormat.lwm2mTlv)] },
  { how: "Observe", code: code.get, path: "0/0/5", options: [option(optionNumber.observe, 0)] },
];

const composite = {
  code: code.fetch,
  payload: JSON.stringify([{ n: "/0/0/5" }]),
  options: [
    option(optionNumber.contentFormat, contentFormat.senmlJson),
    option(optionNumber.accept, contentFormat.senmlJson),
  ],
} as const;

async function readSecrets(bench: Bench, asker: Asker, withinMs: number): Promise<void> {
  for (const { how, path, ...order } of secrets) {
    await pursue(bench, asker, { goal: "secret", how, path }, { path, ...order }, { withinMs, reached: gaveValue });
  }
  await pursue(bench, asker, { goal: "secret", how: "composite Read", path: "" }, composite, {
    withinMs,
    reached: (reply) => gaveValue(reply),
  });
}

/** Links tell which resources there are, and no value. */
function gaveValue(reply: CoapReply | undefined): boolean | undefined {
  if (reply === undefined) return undefined;
  if (!isSuccess(reply.code)) return saysNo(reply) ? false : undefined;
  return reply.payload.length > 0 && uintField(reply.options, optionNumber.contentFormat) !== contentFormat.link;
}

interface Stage {
  readonly bench: Bench;
  readonly operator: Asker;
  readonly asker: Asker;
  readonly withinMs: number;
}

async function operate(stage: Stage, withReboot: boolean): Promise<void> {
  // A quarter past the hour is the offset of no place, 86,401 s the lifetime of no server.
  await write(stage, "3/0/14", "+00:15");
  await write(stage, "1/0/1", "86401");
  await execute(stage, "1/0/8");
  if (withReboot) await execute(stage, "3/0/4");
}

async function write({ bench, operator, asker, withinMs }: Stage, path: string, text: string): Promise<void> {
  await using _before = await borrow(operator, path, withinMs);
  const order = {
    code: code.put,
    path,
    payload: text,
    options: [option(optionNumber.contentFormat, contentFormat.text)],
  };
  await pursue(bench, asker, { goal: "operate", how: "Write", path }, order, {
    withinMs,
    reached: async (reply) => {
      const read = await readText(operator, path, withinMs);
      if (read !== undefined) return read === text;
      return reply !== undefined && saysNo(reply) ? false : undefined;
    },
  });
}

async function execute({ bench, asker, withinMs }: Stage, path: string): Promise<void> {
  await pursue(
    bench,
    asker,
    { goal: "operate", how: "Execute", path },
    { code: code.post, path },
    {
      withinMs,
      reached: wasTaken,
    },
  );
}
