import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf } from "#contract/detail.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import { type Asker, hasSecure, type Order, openAsker, openStranger, plainAt } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { below } from "./parts/access-path.ts";
import { type Goal, pursue, pursuitsOf, type Reached } from "./parts/access-pursuit.ts";
import { gaveContent, saysNo } from "./parts/access-reply.ts";
import { borrow, isGone, isWritten, look, readText } from "./parts/access-rightful.ts";
import { mustCommand, mustServe } from "./parts/access-serving.ts";

const id = "coap.plain-access";

export const plainAccess = defineAttack({
  id,
  title: "Read and command without any security",
  speaks: "coap",
  severity: "critical",
  layer: "application",
  explains: `A stranger without DTLS and without OSCORE asks for every resource that is said to be sensitive, and for the actuator,
in which the operator has just set a canary; it then tries PUT, POST, PATCH, iPATCH and FETCH on the actuator, POST on
the counter, PUT of a new resource and DELETE of one that the operator has made. Answers are not believed: after each
try the operator reads what is there. What was there before is set back.
sensitive-reads-need-security fails where a stranger got the content.
actuation-needs-security fails where the stranger's canary was in the actuator afterwards, the counter had moved, or
the operator's resource was gone.
creation-needs-security fails where a resource was there that the stranger had asked for.
security-cannot-be-left-out compares the ports: it fails where a canary that was set through DTLS came out of the plain
port. The control: the operator sets the actuator and reads it.`,
  references: {
    cwe: ["CWE-306", "CWE-862", "CWE-863", "CWE-319"],
    attack: ["T1119", "T1565", "T1078", "T1692.001", "T0831", "T0836", "T0802", "T0801"],
    owasp: ["I3", "I6", "I7"],
    clauses: ["RFC 7252 §6.2", "RFC 7252 §9", "RFC 7252 §11.2", "RFC 8132", "RFC 8613 §8.2"],
    cases: ["CO-AZ-01", "CO-AZ-02", "CO-AZ-03", "CO-OSC-05"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 40 * window + 10_000,

  control: (bench, ground, { window }) => mustCommand(bench, ground, window),

  async launch(bench, ground, { window }) {
    const at = plainAt(ground);
    bench.observe.note("listeners", { plain: at !== undefined, secure: hasSecure(ground) });
    if (at === undefined) return;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    await using stranger = await openStranger(bench, at);
    const stage = { bench, ground, operator, stranger, withinMs: window };
    await readAll(stage);
    await moveActuator(stage);
    await count(stage);
    await createAndDelete(stage);
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "sensitive-reads-need-security",
      asks: "Does nobody read what is sensitive without proving who they are?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Answer 4.01 on the plain port (and without OSCORE) for all but what is meant for everybody, or close that port. Then run this again: no content may reach a stranger.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeReads),
    },
    {
      id: "actuation-needs-security",
      asks: "Does nobody move an actuator, count a counter or delete a resource without proving who they are?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Carry out PUT, POST, DELETE, PATCH and iPATCH only for peers that DTLS or OSCORE has authenticated and that have the right to it. Then run this again: after each try the operator must find what was there before.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeActuation),
    },
    {
      id: "creation-needs-security",
      asks: "Does nobody make new resources without proving who they are?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Do not let a PUT to an unknown path make a resource (libcoap's example server: no `-d`), or only for authenticated peers. Then run this again: the stranger's resource must not be there.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeCreation),
    },
    {
      id: "security-cannot-be-left-out",
      asks: "Is what the secure port protects closed on the plain port, too?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "coap and coaps are different authorities: decide for each resource on which it exists, and do not serve the same one on both. Where the server cannot (libcoap's examples), block the plain port in front of it. Then run this again: what was set through DTLS must not come out without.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgePorts),
    },
  ],
  twins: [
    { kills: "sensitive-reads-need-security", loosen: { where: "coap-server", knob: "plainAccess", value: "open" } },
    { kills: "actuation-needs-security", loosen: { where: "coap-server", knob: "plainAccess", value: "open" } },
    { kills: "creation-needs-security", loosen: { where: "coap-server", knob: "creation", value: "anyone" } },
    { kills: "security-cannot-be-left-out", loosen: { where: "coap-server", knob: "plainAccess", value: "open" } },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly ground: Ground;
  readonly operator: Asker;
  readonly stranger: Asker;
  readonly withinMs: number;
}

/** What the stranger tries. */
function attempt({ bench, stranger, withinMs }: Stage, goal: Goal, order: Order, reached: Reached) {
  return pursue(bench, stranger, goal, order, { withinMs, reached });
}

async function readAll(stage: Stage): Promise<void> {
  const { ground, operator, withinMs } = stage;
  for (const path of ground.resources?.sensitive ?? []) {
    await attempt(stage, { goal: "read", how: "GET", path }, { code: code.get, path }, async (reply) => {
      if (reply !== undefined) return gaveContent(reply);
      // Nobody answers without DTLS, while the same is answered with it.
      return hasSecure(ground) && (await readText(operator, path, withinMs)) !== undefined ? false : undefined;
    });
  }
}

const changing = [
  { how: "PUT", method: code.put },
  { how: "POST", method: code.post },
  { how: "PATCH", method: code.patch },
  { how: "iPATCH", method: code.iPatch },
] as const;

async function moveActuator(stage: Stage): Promise<void> {
  const { bench, ground, operator, withinMs } = stage;
  const path = ground.resources?.actuator;
  if (path === undefined) return;
  await using _before = await borrow(operator, path, withinMs);
  await crossOver(stage, path);
  for (const { how, method } of changing) {
    const text = canary(bench);
    const options = [option(optionNumber.contentFormat, contentFormat.text)];
    await attempt(stage, { goal: "move", how, path }, { code: method, path, payload: text, options }, async (reply) => {
      const read = await readText(operator, path, withinMs);
      if (read !== undefined) return read.includes(text);
      return reply !== undefined && saysNo(reply) ? false : undefined;
    });
  }
}

/** What the operator set, asked for by the stranger: by GET, and by FETCH, which also reads. */
async function crossOver(stage: Stage, path: string): Promise<void> {
  const text = canary(stage.bench);
  if (!(await isWritten(stage.operator, path, text, stage.withinMs))) return;
  const orders = [
    { how: "GET", order: { code: code.get, path } },
    { how: "FETCH", order: { code: code.fetch, path, payload: "*" } },
  ] as const;
  for (const { how, order } of orders) {
    await attempt(stage, { goal: "cross", how, path }, order, (reply) => reply?.payload.includes(text) ?? false);
  }
}

async function count(stage: Stage): Promise<void> {
  const { ground, operator, withinMs } = stage;
  const path = ground.resources?.counter;
  if (path === undefined) return;
  const before = await readText(operator, path, withinMs);
  await attempt(stage, { goal: "move", how: "POST", path }, { code: code.post, path }, async (reply) => {
    const after = await readText(operator, path, withinMs);
    if (before !== undefined && after !== undefined) return after !== before;
    return reply !== undefined && saysNo(reply) ? false : undefined;
  });
}

async function createAndDelete(stage: Stage): Promise<void> {
  const { bench, ground, operator, stranger, withinMs } = stage;
  const place = ground.resources?.creatable;
  if (place === undefined) return;
  const [path, text] = [below(place, bench.random.hex(8)), canary(bench)];
  await attempt(stage, { goal: "create", how: "PUT", path }, { code: code.put, path, payload: text }, async (reply) => {
    const seen = await look(operator, path, withinMs);
    if (seen !== undefined && isSuccess(seen.code)) return seen.payload.includes(text);
    return seen?.code === code.notFound || (reply !== undefined && saysNo(reply)) ? false : undefined;
  });
  if (await isWritten(operator, path, text, withinMs)) {
    await attempt(stage, { goal: "move", how: "DELETE", path }, { code: code.delete, path }, async () =>
      isGone(await look(operator, path, withinMs)),
    );
  }
  for (const asker of [operator, stranger]) await asker.ask({ code: code.delete, path }, withinMs).catch(() => {});
}

/** Where the target has no listener without security. */
function nothingPlain({ during }: Launch): Answer | undefined {
  const [seen] = notesOf(during.attack, "listeners");
  if (seen === undefined || fieldOf(seen.detail, "plain") === true) return undefined;
  return { verdict: "not-tested", says: "no address without DTLS is known", evidence: [seen.seq] };
}

function judgeReads(run: Launch): Answer {
  return (
    nothingPlain(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["read"]), {
      did: "content came out without any security",
      held: "sensitive resources gave nothing to a stranger",
      untried: "nobody said which resources are sensitive",
    })
  );
}

function judgeActuation(run: Launch): Answer {
  return (
    nothingPlain(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["move"]), {
      did: "it took effect without any security",
      held: "tries to change something had no effect",
      untried: "nobody said which actuator may be moved, and what may be counted or deleted",
    })
  );
}

function judgeCreation(run: Launch): Answer {
  return (
    nothingPlain(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["create"]), {
      did: "a stranger made a resource",
      held: "tries to make a resource left nothing",
      untried: "nobody said where resources can come to be",
    })
  );
}

function judgePorts(run: Launch): Answer {
  const [seen] = notesOf(run.during.attack, "listeners");
  if (seen !== undefined && fieldOf(seen.detail, "secure") !== true) {
    return {
      verdict: "not-applicable",
      says: "the target speaks no DTLS that could be left out",
      evidence: [seen.seq],
    };
  }
  return (
    nothingPlain(run) ??
    judgePursuits(pursuitsOf(run.during.attack, ["cross"]), {
      did: "what was set through DTLS came out of the plain port",
      held: "requests to the plain port did not give what was set through DTLS",
      untried: "the operator could set nothing through DTLS",
    })
  );
}
