import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, foundIn, seqOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { type Asker, openStranger, plainAt } from "./parts/access-asker.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { askPatiently } from "./parts/access-patience.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { gaveContent, saysNo } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { isTelltale, telltalePaths } from "./parts/access-telltale.ts";
import { pathsIn } from "./parts/listed-paths.ts";
import { wellKnownCore } from "./parts/serving.ts";

const id = "coap.discovery";

export const discovery = defineAttack({
  id,
  title: "Ask for the list of resources, and guess at what it leaves out",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `A stranger without any security asks for /.well-known/core, as a whole (all its blocks) and with rt=*, if=* and
href=/*, and takes note of the links. Then it guesses forty names that firmware often has: config, keys, reset, bootstrap.
links-tell-strangers-nothing-private fails where a link leads to what is said to be sensitive or an actuator, or to a
path that by its words holds settings, keys or commands; it passes where the list was refused or held no such
link. guessed-paths-give-nothing fails where a guess was answered with content.
The control: a rightful client is served.`,
  references: {
    cwe: ["CWE-200", "CWE-497", "CWE-425"],
    attack: ["T1046", "T1592", "T0846.001", "T0861", "T0888"],
    owasp: ["I3", "I6"],
    clauses: ["RFC 6690", "RFC 7252 §7.2"],
    cases: ["CO-DISC-01"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 15 * window + 10_000,

  control: (bench, ground, { window }) => mustServe(bench, ground, window),

  async launch(bench, ground, { window }) {
    const at = plainAt(ground);
    if (at === undefined) return;
    await using stranger = await openStranger(bench, at);
    for (const query of ["", "?rt=*", "?if=*", "?href=/*"]) await list(bench, stranger, ground, query, window);
    for (const path of telltalePaths) if (!(await guess(bench, stranger, path, window))) return;
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "links-tell-strangers-nothing-private",
      asks: "Does the list of resources name to strangers only what is meant for everybody?",
      covers: "P6.2/no-undeclared-listener",
      remedy:
        "List in /.well-known/core only public resources, and the others only to clients that DTLS or OSCORE has authenticated. Then run this again: no link may lead to settings, keys or commands.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeLinks),
    },
    {
      id: "guessed-paths-give-nothing",
      asks: "Does a stranger who guesses the usual names of settings, keys and commands get nothing?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Leaving a resource out of the list protects nothing: answer 4.01 to whoever has not proven a right to it. Then run this again: no guess may be answered with content.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeGuesses),
    },
  ],
  twins: [
    {
      kills: "links-tell-strangers-nothing-private",
      loosen: { where: "coap-server", knob: "discovery", value: "everything" },
    },
    { kills: "guessed-paths-give-nothing", loosen: { where: "coap-server", knob: "plainAccess", value: "open" } },
  ],
});

async function list(bench: Bench, stranger: Asker, ground: Ground, query: string, withinMs: number): Promise<void> {
  await bench.observe.attempt("list", { query }, async (trace) => {
    trace.wire(stranger.reference);
    const order = { code: code.get, path: `${wellKnownCore}${query}` };
    const { reply, answer } = await askPatiently(bench, stranger, order, withinMs);
    if (reply === undefined) throw new Error(`no answer within ${withinMs} ms`);
    if (isSuccess(reply.code)) {
      const paths = pathsIn(reply.payload.toString());
      trace.detail({ answer, links: paths.length, private: paths.filter(isPrivate(ground)) });
      return;
    }
    trace.detail({ answer, links: 0, private: [] });
    if (saysNo(reply)) throw new Refused(answer, `answered ${answer}`);
    throw new Error(`answered ${answer}`);
  });
}

/** Whether a path leads to what is not for everybody: by what is known of the target, or by its words. */
function isPrivate({ resources, identities: { victim } }: Ground): (path: string) => boolean {
  const { sensitive = [], actuator, open } = resources ?? {};
  const known = [...sensitive, actuator, victim?.topics.command, victim?.topics.config];
  const paths = new Set(known.map((path) => path?.split("?")[0]));
  return (path) => path !== open && (paths.has(path) || isTelltale(path));
}

/** Whether it is worth going on: where one guess is not answered, nobody answers the others either. */
async function guess(bench: Bench, stranger: Asker, path: string, withinMs: number): Promise<boolean> {
  let isAnswered = false;
  await pursue(
    bench,
    stranger,
    { goal: "guess", how: "GET", path },
    { code: code.get, path },
    {
      withinMs,
      reached: (reply) => {
        isAnswered = reply !== undefined;
        return gaveContent(reply);
      },
    },
  );
  return isAnswered;
}

/** Most paths that a sentence names. */
const mostNamed = 5;

function judgeLinks({ during: { attack } }: Launch): Answer {
  const lists = attemptsOf(attack, "list");
  const told = lists.map((one) => ({ one, paths: privateIn(fieldOf(foundIn(one), "private")) }));
  const telling = told.filter(({ paths }) => paths.length > 0);
  const paths = [...new Set(telling.flatMap((one) => one.paths))].toSorted();
  if (paths.length > 0) {
    const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : "";
    const named = paths.slice(0, mostNamed).map((path) => `/${path}`);
    const says = `/.well-known/core tells strangers of ${named.join(", ")}${more}`;
    return { verdict: "fail", says, evidence: telling.map(({ one }) => seqOf(one)) };
  }
  const silent = lists.filter(({ phase }) => phase === "unknown");
  if (lists.length === 0 || silent.length > 0) {
    const says =
      lists.length === 0
        ? "no address without DTLS is known"
        : `${silent.length} of ${lists.length} requests for the list got no answer`;
    return { verdict: lists.length === 0 ? "not-tested" : "inconclusive", says, evidence: silent.map(seqOf) };
  }
  const most = Math.max(...lists.map((one) => Number(fieldOf(foundIn(one), "links") ?? 0)));
  const says = `of at most ${most} links that a stranger was told, none leads to what is private`;
  return { verdict: "pass", says, evidence: lists.map(seqOf) };
}

function privateIn(paths: unknown): readonly string[] {
  return Array.isArray(paths) ? paths.map(String) : [];
}

function judgeGuesses({ during: { attack } }: Launch): Answer {
  return judgePursuits(pursuitsOf(attack, ["guess"]), {
    did: "content came out without any security",
    held: "guesses gave nothing",
    untried: "no address without DTLS is known",
  });
}
