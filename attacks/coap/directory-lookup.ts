import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { openAsker, openStranger, plainAt } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { gave } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { type Entry, mustRegister, seenOf, unregister } from "./parts/directory-registration.ts";

const id = "coap.directory-lookup";

export const directoryLookup = defineAttack({
  id,
  title: "Ask the resource directory who is there",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `A device registers an endpoint of a random name, with a lifetime of 90 s; a stranger without any security then asks the
lookups for endpoints and for resources, for that name and for everything.
strangers-look-up-nothing fails where the name or the links came back.
The control: the device registers and the operator finds it by the lookup.`,
  references: {
    cwe: ["CWE-200", "CWE-306"],
    attack: ["T1592", "T0888"],
    owasp: ["I6"],
    clauses: ["RFC 9176 §6", "RFC 9176 §8.1"],
    cases: ["CO-RD-03"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 15 * window + 15_000,

  async control(bench, ground, { window }) {
    if (lookupsOf(ground).length === 0) return mustServe(bench, ground, window);
    await using _registered = await register(bench, ground, entryOf(bench), window);
  },

  async launch(bench, ground, { window }) {
    const at = plainAt(ground);
    const paths = lookupsOf(ground);
    if (at === undefined || paths.length === 0) return;
    const entry = entryOf(bench);
    await using _registered = await register(bench, ground, entry, window);
    await using stranger = await openStranger(bench, at);
    for (const path of paths.flatMap((each) => [each, `${each}?ep=${entry.ep}`])) {
      await pursue(
        bench,
        stranger,
        { goal: "look up", how: "GET", path },
        { code: code.get, path },
        {
          withinMs: window,
          reached: (reply) => gave(reply, entry.ep.replace("seatrial-", "")),
        },
      );
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "strangers-look-up-nothing",
      asks: "Does the resource directory tell only who has a right to it which devices there are?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Answer 4.01 to lookups of clients that neither DTLS nor OSCORE has authenticated. Then run this again: the stranger must not find the endpoint.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["look up"]), {
            did: "the directory told a stranger which devices there are",
            held: "lookups told a stranger nothing",
            untried: "nobody knows a lookup without DTLS here",
          }),
        ),
    },
  ],
  twins: [{ kills: "strangers-look-up-nothing", loosen: { where: "coap-server", knob: "rdLookup", value: "open" } }],
});

function lookupsOf({ resources }: Pick<Ground, "resources">): readonly string[] {
  if (resources?.directory === undefined) return [];
  return [resources.lookup?.endpoints, resources.lookup?.resources].filter((path) => path !== undefined);
}

/** Name and link have a mark in common, since one lookup tells the one, the other the other. */
function entryOf(bench: Bench): Entry {
  const mark = bench.random.hex(8);
  return { ep: `seatrial-${mark}`, base: "coap://192.0.2.1", links: `</${mark}>;rt="seatrial"` };
}

/** Registers as a rightful device, and unregisters when disposed. Throws where the operator does not find it. */
async function register(bench: Bench, ground: Ground, entry: Entry, withinMs: number): Promise<AsyncDisposable> {
  const { identities, resources } = ground;
  await using stack = new AsyncDisposableStack();
  const device = stack.use(await openAsker(bench, ground, "device", identities.victim ?? identities.operator));
  const location = await mustRegister(device, resources?.directory ?? "rd", entry, withinMs);
  stack.defer(() => unregister(device, location, withinMs));
  const reader = stack.use(await openAsker(bench, ground, "operator", identities.operator));
  const seen = await seenOf(reader, ground, { ep: entry.ep, location }, withinMs);
  if (seen?.includes(entry.ep) !== true) throw new Error("the operator does not find what was registered");
  return stack.move();
}
