import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { type Asker, hasSecure, openAsker } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { below } from "./parts/access-path.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { gaveContent, saysNo } from "./parts/access-reply.ts";
import { borrow, isGone, isWritten, look, mustMove, readText } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";

const id = "coap.foreign-paths";

export const foreignPaths = defineAttack({
  id,
  title: "Read and command another device with a key of one's own",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `A device with a valid key of its own opens a DTLS session and asks for the victim's actuator, in which the operator has
just set a canary, by GET, by FETCH and as an observer, and for the victim's state; then it tries PUT, POST and PATCH on
the actuator and DELETE on a resource that the operator has made. After each try the operator reads what is there. What
was there before is set back.
devices-read-only-their-own fails where the canary, or the victim's state, reached the other device.
devices-command-only-themselves fails where what the other device had sent was in the actuator, or the
operator's resource was gone.
The control: the operator moves the actuator, and the other device gets an answer through a DTLS session of its own.`,
  references: {
    cwe: ["CWE-639", "CWE-862", "CWE-863"],
    attack: ["T1078", "T1119", "T1565", "T1692.001", "T0831", "T0836"],
    owasp: ["I3"],
    clauses: ["RFC 7252 §9.1.3.1", "RFC 7252 §11.1"],
    cases: ["CO-AZ-01", "CO-AZ-02"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: false,
  atMostMs: ({ window }) => 30 * window + 15_000,

  async control(bench, ground, { window }) {
    if (!hasSecure(ground)) return mustServe(bench, ground, window);
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await mustMove(bench, operator, actuatorOf(ground), window);
    await using intruder = await openAsker(bench, ground, "intruder", ground.identities.intruder);
    const own = needed(ground.identities.intruder).topics.state;
    if ((await look(intruder, own, window)) === undefined) throw new Error("the other device gets no answer at all");
  },

  async launch(bench, ground, { window }) {
    bench.observe.note("listeners", { secure: hasSecure(ground) });
    if (!hasSecure(ground)) return;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using intruder = await openAsker(bench, ground, "intruder", ground.identities.intruder);
    await using _before = await borrow(operator, actuatorOf(ground), window);
    await readFrom(bench, ground, operator, intruder, window);
    await command(bench, actuatorOf(ground), operator, intruder, window);
    await remove(bench, ground, operator, intruder, window);
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "devices-read-only-their-own",
      asks: "Is what belongs to one device closed to every other device?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Give each device a key of its own, and let the identity that DTLS proved decide which paths it may use. Then run this again: no canary may reach the other device.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReads),
    },
    {
      id: "devices-command-only-themselves",
      asks: "Is an actuator moved by nobody but its owner and the operator?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Tie the right to PUT, POST, PATCH and DELETE to the identity that DTLS proved, path by path. Then run this again: after each try the operator must find what was there before.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeCommands),
    },
  ],
  twins: [
    {
      kills: "devices-read-only-their-own",
      loosen: { where: "coap-server", knob: "pathAuthorization", value: "open" },
    },
    {
      kills: "devices-command-only-themselves",
      loosen: { where: "coap-server", knob: "pathAuthorization", value: "open" },
    },
  ],
});

function actuatorOf({ resources, identities }: Ground): string {
  return resources?.actuator ?? needed(identities.victim).topics.command;
}

const reading = [
  { how: "GET", method: code.get, options: [], payload: "" },
  { how: "FETCH", method: code.fetch, options: [], payload: "*" },
  { how: "GET with Observe", method: code.get, options: [option(optionNumber.observe, 0)], payload: "" },
] as const;

async function readFrom(
  bench: Bench,
  ground: Ground,
  operator: Asker,
  intruder: Asker,
  withinMs: number,
): Promise<void> {
  const path = actuatorOf(ground);
  const text = canary(bench);
  const isSet = await isWritten(operator, path, text, withinMs);
  for (const { how, method, options, payload } of reading) {
    await pursue(
      bench,
      intruder,
      { goal: "read", how, path },
      { code: method, path, options, payload },
      {
        withinMs,
        reached: (reply) => {
          if (reply?.payload.includes(text) === true) return true;
          return isSet || (reply !== undefined && saysNo(reply)) ? false : undefined;
        },
      },
    );
  }
  const state = needed(ground.identities.victim).topics.state;
  if ((await readText(operator, state, withinMs)) === undefined) return;
  await pursue(
    bench,
    intruder,
    { goal: "read", how: "GET", path: state },
    { code: code.get, path: state },
    {
      withinMs,
      reached: gaveContent,
    },
  );
}

const changing = [
  { how: "PUT", method: code.put },
  { how: "POST", method: code.post },
  { how: "PATCH", method: code.patch },
] as const;

async function command(bench: Bench, path: string, operator: Asker, intruder: Asker, withinMs: number): Promise<void> {
  for (const { how, method } of changing) {
    const text = canary(bench);
    await pursue(
      bench,
      intruder,
      { goal: "command", how, path },
      { code: method, path, payload: text },
      {
        withinMs,
        reached: async (reply) => {
          const read = await readText(operator, path, withinMs);
          if (read !== undefined) return read.includes(text);
          return reply !== undefined && saysNo(reply) ? false : undefined;
        },
      },
    );
  }
}

/** On a resource that the operator has made for it, since an actuator that is gone may not come back. */
async function remove(bench: Bench, ground: Ground, operator: Asker, intruder: Asker, withinMs: number): Promise<void> {
  if (ground.resources?.creatable === undefined) return;
  const [path, text] = [below(ground.resources.creatable, bench.random.hex(8)), canary(bench)];
  if (!(await isWritten(operator, path, text, withinMs))) return;
  await pursue(
    bench,
    intruder,
    { goal: "command", how: "DELETE", path },
    { code: code.delete, path },
    { withinMs, reached: async () => isGone(await look(operator, path, withinMs)) },
  );
  await operator.ask({ code: code.delete, path }, withinMs).catch(() => {});
}

function nothingSecure({ during }: Launch): Answer | undefined {
  const [seen] = notesOf(during.attack, "listeners");
  if (seen === undefined || fieldOf(seen.detail, "secure") === true) return undefined;
  return {
    verdict: "not-tested",
    says: "no address with DTLS is known, so no device can prove who it is",
    evidence: [seen.seq],
  };
}

function judgeReads(run: Launch): Answer {
  return (
    nothingSecure(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["read"]), {
      did: "another device read what is the victim's",
      held: "requests of another device gave nothing of the victim's",
      untried: "nothing of the victim's was asked for",
    })
  );
}

function judgeCommands(run: Launch): Answer {
  return (
    nothingSecure(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["command"]), {
      did: "a command of another device took effect",
      held: "commands of another device had no effect",
      untried: "no command was tried",
    })
  );
}
