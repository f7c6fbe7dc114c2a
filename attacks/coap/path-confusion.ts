import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { attackersOf } from "./parts/access-attackers.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { gave, saysNo } from "./parts/access-reply.ts";
import { borrow, isWritten, look, readText } from "./parts/access-rightful.ts";
import { mustCommand, mustServe } from "./parts/access-serving.ts";
import { foreignHost, type Spelling, spellingsOf } from "./parts/path-spellings.ts";
import { honestPath } from "./parts/serving.ts";

const id = "coap.path-confusion";

export const pathConfusion = defineAttack({
  id,
  title: "Reach a protected resource by a path or method that only looks like another",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `The operator sets a canary in the actuator. A stranger, and a device with a key of its own where there is DTLS, then asks
for the actuator in sixteen spellings that are not its path: segments joined, empty and dot segments, up from a path of
its own, upper case, percent-encoded, with a foreign Uri-Host, as a query of another path; and tries to set it by PUT in
the same spellings, and by three methods that nobody has assigned.
paths-have-one-spelling fails where the operator's canary came back, or the attacker's was in the actuator afterwards.
The control: the operator moves the actuator.`,
  references: {
    cwe: ["CWE-706", "CWE-178", "CWE-22", "CWE-647"],
    attack: ["T1190"],
    owasp: ["I3"],
    clauses: ["RFC 7252 §5.8", "RFC 7252 §5.10.1", "RFC 7252 §6.4"],
    cases: ["CO-AZ-04"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 20 * window + 15_000,

  control: (bench, ground, { window }) => mustCommand(bench, ground, window),

  async launch(bench, ground, { window }) {
    const path = ground.resources?.actuator;
    if (path === undefined) return;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using _before = await borrow(operator, path, window);
    for (const open of attackersOf(bench, ground)) {
      await using asker = await open();
      await confuse({ bench, operator, asker, path, own: ownPath(asker, ground), withinMs: window });
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "paths-have-one-spelling",
      asks: "Is a protected resource reached by no other path or method than its own?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "Compare Uri-Path segment by segment, byte by byte, without joining, decoding or normalising, and decide on access by the very resource that was found; refuse methods that are not known with 4.05. Then run this again: no spelling may reach the actuator.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSpellings),
    },
  ],
  twins: [{ kills: "paths-have-one-spelling", loosen: { where: "coap-server", knob: "routing", value: "lenient" } }],
});

/** A path that it may use. */
function ownPath({ who }: Asker, ground: Ground): string {
  const { intruder } = ground.identities;
  return who === "intruder" && intruder !== undefined ? intruder.topics.command : honestPath(ground);
}

interface Stage {
  readonly bench: Bench;
  readonly operator: Asker;
  readonly asker: Asker;
  readonly path: string;
  readonly own: string;
  readonly withinMs: number;
}

async function confuse(stage: Stage): Promise<void> {
  const { bench, operator, asker, path, own, withinMs } = stage;
  const text = canary(bench);
  if (!(await isWritten(operator, path, text, withinMs))) return;
  const direct = await look(asker, path, withinMs);
  const isOpen = direct?.payload.includes(text) === true;
  bench.observe.note(
    "by-its-own-path",
    { who: asker.who, answered: direct !== undefined, open: isOpen },
    asker.reference,
  );
  // Who gets no answer by the true path gets none by others, and silence would tell nothing.
  if (direct === undefined) return;
  // A server that has one name answers to any; that matters only where the name keeps somebody out.
  const spellings = [...spellingsOf(path, own), ...(isOpen ? [] : [foreignHost(path)])];
  for (const { how, options } of spellings) {
    await pursue(
      bench,
      asker,
      { goal: "read", how: `GET with ${how}`, path },
      { code: code.get, options },
      { withinMs, reached: (reply) => gave(reply, text) },
    );
  }
  await write(stage, spellings);
}

/** 0.31 and two others that nobody has assigned (RFC 7252 §12.1.1). */
const unassigned = [0x1f, 0x08, 0x0f];

async function write(stage: Stage, spellings: readonly Spelling[]): Promise<void> {
  const { bench, operator, asker, path, withinMs } = stage;
  const ways = [
    ...spellings.map(({ how, options }) => ({ how: `PUT with ${how}`, order: { code: code.put, options } })),
    ...unassigned.map((method) => ({ how: `method ${codeText(method)}`, order: { code: method, path } })),
  ];
  for (const { how, order } of ways) {
    const text = canary(bench);
    let isNew = false;
    const isReached = await pursue(
      bench,
      asker,
      { goal: "write", how, path },
      { ...order, payload: text },
      {
        withinMs,
        reached: async (reply) => {
          isNew = reply?.code === code.created;
          const read = await readText(operator, path, withinMs);
          if (read !== undefined) return read.includes(text);
          return reply !== undefined && saysNo(reply) ? false : undefined;
        },
      },
    );
    // Some servers take the spelling for a path of its own, and make a resource there.
    if (isNew && isReached === false) await asker.ask({ ...order, code: code.delete }, withinMs).catch(() => {});
  }
}

function judgeSpellings({ during: { attack } }: Launch): Answer {
  const pursuits = pursuitsOf(attack, ["read", "write"]);
  const unheard = notesOf(attack, "by-its-own-path").filter(({ detail }) => fieldOf(detail, "answered") === false);
  if (pursuits.length === 0 && unheard.length > 0) {
    const says = "nobody got an answer from where the actuator is";
    return { verdict: "inconclusive", says, evidence: unheard.map(({ seq }) => seq) };
  }
  return judgePursuits(pursuits, {
    did: "a resource was reached by another path or method than its own",
    held: "spellings and methods did not reach the actuator",
    untried: "nobody said which actuator may be moved",
  });
}
