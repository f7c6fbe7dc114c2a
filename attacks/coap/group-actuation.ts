import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { type Message, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import type { Heard, Probe } from "#simulator/coap/probe.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { borrow, readText, writeText } from "./parts/access-rightful.ts";
import { mustCommand } from "./parts/access-serving.ts";
import { graceMs, groupOf, groupUnknown, leisureMs, openGroupProbe } from "./parts/group.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { honestIdentity, honestWaitMs, wellKnownCore } from "./parts/serving.ts";

const id = "coap.group-actuation";
/** Proper requests to the group, of which some are answered soon, where answers are spread over the leisure. */
const greetings = 16;
/** So many of them show that the group is heard. */
const enoughGreetings = 4;
/** Questions to the group for what the actuator says: so many that one is answered before that, 199 times of 200. */
const questions = 40;

const deeds = [
  { deed: "PUT", method: code.put },
  { deed: "POST", method: code.post },
] as const;

export const groupActuation = defineAttack({
  id,
  title: "Move the actuators of a whole multicast group with one datagram",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `The operator sets the actuator, and then the resource that takes uploads, to a canary. A stranger sends a NON PUT and a
NON POST with canaries of its own for it to the multicast group of the target, on the loopback interface only. Whether
they were answered is not looked at: the operator reads what is there after each, and in the end the group itself is
asked for it by ${questions} NON GETs, as a member of the group need not be the server that the operator asks.
multicast-moves-no-actuator fails where either tells the stranger's canary. It passes where the operator's is still there,
while proper multicast GETs of the same time were answered, so that the group was certainly heard.
The control: the operator sets the actuator and reads it. What was there before is set back.`,
  references: {
    cwe: ["CWE-306", "CWE-862"],
    attack: ["T1692.001", "T0831"],
    owasp: ["I3"],
    clauses: ["RFC 7252 §8.2", "RFC 7252 §11.3"],
    cases: ["CO-MC-02"],
  },
  parameters: z.strictObject({
    listens: duration({ atLeast: "100ms", atMost: "5s" })
      .prefault("500ms")
      .describe("how long after the deeds the actuator is read"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ listens }) => leisureMs + 2 * listens + 8 * honestWaitMs + 10_000,

  control: (bench, ground) => mustCommand(bench, ground, honestWaitMs),

  async launch(bench, ground, { listens }) {
    const group = groupOf(ground);
    const { actuator, upload } = ground.resources ?? {};
    const paths = new Set([actuator, upload].flatMap((path) => path ?? []));
    if (group === undefined || paths.size === 0) return;
    await using operator = await openAsker(bench, ground, "operator", honestIdentity(ground));
    await using borrowed = new AsyncDisposableStack();
    await using stranger = await openGroupProbe(bench, group);
    const stage = { bench, operator, stranger, listens };
    const foreign: string[] = [];
    for (const path of paths) {
      borrowed.use(await borrow(operator, path, honestWaitMs));
      for (const { deed, method } of deeds) foreign.push(await strike(stage, path, deed, method));
    }
    await askGroup(stage, paths, foreign);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => mustCommand(bench, ground, honestWaitMs),

  checks: [
    {
      id: "multicast-moves-no-actuator",
      asks: "Does a multicast request of a stranger leave every actuator as it is?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Do not carry out unsafe methods that come by multicast unless the group is secured (Group OSCORE); libcoap: take single resources out of multicast (`-r` in its example server). Then run this again: the actuator must still say what the operator set.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "multicast-moves-no-actuator",
      loosen: { where: "coap-server", knob: "multicast", value: "careless" },
      parameters: { listens: "100ms" },
      both: { "coap-server": { plainAccess: "open", freshness: "none" } },
    },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly operator: Asker;
  readonly stranger: Probe;
  readonly listens: number;
}

/**
 * One attempt at `move`: the operator's canary goes in, the stranger's is sent to the group, the operator reads.
 * Returns the stranger's canary.
 */
async function strike(stage: Stage, path: string, deed: string, method: number): Promise<string> {
  const { bench, operator, stranger, listens } = stage;
  const [own, foreign] = [canary(bench), canary(bench)];
  await bench.observe.attempt("move", { deed, path }, async (trace) => {
    trace.wire(stranger.reference);
    await writeText(operator, path, own, honestWaitMs);
    const question = { code: method, type: messageType.non, options: pathOptions(path), payload: foreign };
    stranger.send(stranger.message(question));
    await bench.clock.sleep(listens, bench.signal);
    const read = await readText(operator, path, honestWaitMs);
    if (read === undefined) throw new Error(`the operator cannot read /${path} any more`);
    trace.detail({
      deed,
      path,
      found: read.includes(foreign) ? "the stranger's" : read === own ? "the operator's" : "another",
    });
  });
  return foreign;
}

/** Asks the group for what was struck, and greets it, until it is known to have heard. */
async function askGroup(
  { bench, stranger }: Stage,
  paths: Iterable<string>,
  foreign: readonly string[],
): Promise<void> {
  const ask = (count: number, what: string) =>
    Array.from({ length: count }, () =>
      stranger.message({ code: code.get, type: messageType.non, options: pathOptions(what) }),
    );
  const greeting = ask(greetings, wellKnownCore);
  const greeted = new Set(greeting.map(tokenIn));
  const since = stranger.heard.length;
  for (const one of [...greeting, ...[...paths].flatMap((path) => ask(questions, path))]) stranger.send(one);
  const saysForeign = ({ message }: Heard) => foreign.some((text) => message?.payload.toString().includes(text));
  const greets = () => stranger.heard.filter(({ message }) => message !== undefined && greeted.has(tokenIn(message)));
  const isEnough = (heard: Heard) => saysForeign(heard) || greets().length >= enoughGreetings;
  await stranger.hear(leisureMs + graceMs, isEnough, since);
  const facts = { answered: greets().length, foreign: stranger.heard.slice(since).some(saysForeign) };
  bench.observe.note("group.asked", facts, stranger.reference);
}

function tokenIn({ token }: Message): string {
  return Buffer.from(token).toString("hex");
}

const moveFacts = z.object({ deed: z.string(), path: z.string(), found: z.string() });

function judge({ during: { attack } }: Launch): Answer {
  const [asked] = notedAs(attack, "group.asked", z.object({ answered: z.number(), foreign: z.boolean() }));
  const moves = attemptsOf(attack, "move").map((one) => ({
    seq: seqOf(one),
    facts: moveFacts.safeParse(one.ended?.detail).data,
  }));
  if (asked === undefined && moves.length === 0) return groupUnknown();
  const passed = moves.filter(({ facts }) => facts?.found === "the operator's").length;
  const trials = { planned: moves.length, run: moves.length, passed };
  const moved = moves.filter(({ facts }) => facts?.found === "the stranger's");
  if (moved.length > 0) {
    const ways = moved.map(({ facts }) => `a NON ${facts?.deed} of /${facts?.path}`).join(" and ");
    return {
      verdict: "fail",
      says: `${ways} to the multicast group was carried out`,
      evidence: seqsOf(moved),
      trials,
    };
  }
  const evidence = [...(asked ? [asked.seq] : []), ...seqsOf(moves)];
  if (asked?.facts.foreign === true) {
    const says = "a member of the multicast group tells what a stranger had sent to the group for it to take";
    return { verdict: "fail", says, evidence: [asked.seq], trials };
  }
  if (passed < moves.length) {
    const says = "what the actuator says could not be read after every deed";
    return { verdict: "inconclusive", says, evidence, trials };
  }
  if (asked === undefined || asked.facts.answered < enoughGreetings) {
    const says = "the actuator was not moved, but proper multicast requests went unanswered, so perhaps none was heard";
    return { verdict: "inconclusive", says, evidence, trials };
  }
  const says = `${moves.length} multicast requests of a stranger left everything as it was`;
  return { verdict: "pass", says, evidence, trials };
}
