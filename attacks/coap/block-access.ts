import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, foundIn, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { blockBytes, blockOption } from "#simulator/coap/block.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import { type Asker, openAsker, plainAt } from "./parts/access-asker.ts";
import { look } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { exchange, goesSecurely, openRightful } from "./parts/message-rightful.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { wordOf } from "./parts/upload-blocks.ts";

const id = "coap.block-access";
const answerWithinMs = 2_000;
/** More resources say nothing new. */
const mostPaths = 4;
/** Blocks of 16 bytes, so that short secrets have several. */
const prySzx = 0;

export const blockAccess = defineAttack({
  id,
  title: "Ask for the second block of what one may not read",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `The operator reads each sensitive resource, so that a server that keeps representations between blocks has it. Then a stranger without DTLS, and
a device with an identity of its own, ask for its blocks 0, 1 and 2, of 16 bytes.
every-block-is-protected fails where one of the later blocks came out although block 0 had been refused, and its bytes are those that the operator
read; it passes where each was refused. A resource whose block 0 is given to whoever asks is not counted: that is another check's matter.
The control: the operator is served.`,
  references: {
    cwe: ["CWE-862"],
    attack: ["T1119"],
    owasp: ["I3", "I5"],
    clauses: ["RFC 7959 §2.4", "RFC 7959 §7"],
    cases: ["CO-BLK-05"],
  },
  parameters: z.strictObject({}),
  needs: [],
  strains: false,
  atMostMs: () => 60_000,

  control: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  launch: (bench, ground) => prySensitive(bench, ground),

  recovery: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  checks: [
    {
      id: "every-block-is-protected",
      asks: "Is access checked for every block of a resource, not only for the first?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Check who asks before each block, and keep representations between blocks under the client that they were made for. Then run this again: no later block may come out.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeProtection),
    },
  ],
  twins: [
    {
      kills: "every-block-is-protected",
      loosen: { where: "coap-server", knob: "blockAccess", value: "first-block" },
    },
  ],
});

interface Pryer extends AsyncDisposable {
  readonly who: "stranger" | "device";
  readonly probe: Probe;
}

async function pryersOf(bench: Bench, ground: Ground): Promise<readonly Pryer[]> {
  const { intruder } = ground.identities;
  const plain = plainAt(ground);
  const pryers: Pryer[] = [];
  if (plain !== undefined) {
    const probe = await openProbe(bench, plain, ownedHost(plain, 0));
    pryers.push({ who: "stranger", probe, [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose]() });
  }
  if (intruder !== undefined && goesSecurely(ground, intruder)) {
    const device = await openRightful(bench, ground, intruder);
    pryers.push({ who: "device", probe: device.probe, [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() });
  }
  return pryers;
}

async function prySensitive(bench: Bench, ground: Ground): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const operator = opened.use(await openAsker(bench, ground, "operator", ground.identities.operator));
  const pryers = await pryersOf(bench, ground);
  for (const pryer of pryers) opened.use(pryer);
  for (const path of (ground.resources?.sensitive ?? []).slice(0, mostPaths)) {
    const known = await readWhole(operator, path);
    if (known === undefined) continue;
    for (const pryer of pryers) await pry(bench, pryer, path, known);
  }
}

async function readWhole(asker: Asker, path: string): Promise<Buffer | undefined> {
  const reply = await look(asker, path, answerWithinMs);
  return reply !== undefined && isSuccess(reply.code) ? reply.payload : undefined;
}

/** One attempt: ok where a later block came out though the first had been refused, refused where that was not so. */
async function pry(bench: Bench, { who, probe }: Pryer, path: string, known: Buffer): Promise<void> {
  await bench.observe.attempt("pry", { who, path }, async (trace) => {
    trace.wire(probe.reference);
    const answers: string[] = [];
    const leaked: number[] = [];
    for (const number of [0, 1, 2]) {
      const answer = await askBlock(probe, path, number);
      const bytes = known.subarray(number * blockBytes(prySzx), (number + 1) * blockBytes(prySzx));
      answers.push(wordOf(answer));
      if (answer !== undefined && isSuccess(answer.code) && bytes.length > 0 && bytes.equals(answer.payload)) {
        leaked.push(number);
      }
    }
    const isOpen = leaked.includes(0);
    trace.detail({ answers, leaked, isOpen });
    if (!isOpen && leaked.length > 0) return;
    if (answers.includes("silent")) throw new Error("a request got no answer");
    throw new Refused(answers[0] ?? "", isOpen ? "block 0 is open" : "all were refused");
  });
}

function askBlock(probe: Probe, path: string, number: number): Promise<Message | undefined> {
  const block = blockOption(optionNumber.block2, { number, more: false, szx: prySzx });
  return exchange(probe, probe.message({ code: code.get, options: [...pathOptions(path), block] }), answerWithinMs);
}

function judgeProtection({ during: { attack } }: Launch): Answer {
  const all = attemptsOf(attack, "pry");
  const closed = all.filter((one) => fieldOf(foundIn(one), "isOpen") !== true);
  const leaks = closed.filter(({ phase }) => phase === "ok");
  const kept = closed.filter(({ phase }) => phase === "refused");
  const trials = { planned: closed.length, run: closed.length, passed: kept.length };
  if (leaks.length > 0) {
    const says = `blocks came out although the first was refused: ${leaks.map(inWords).join("; ")}`;
    return { verdict: "fail", says, evidence: leaks.map(seqOf), trials };
  }
  if (closed.length === 0) {
    const says =
      all.length > 0 ? "what was asked for is open to whoever asks" : "no resource is known that is sensitive";
    return { verdict: "not-applicable", says, evidence: all.map(seqOf) };
  }
  if (kept.length < closed.length) {
    const says = `of ${closed.length - kept.length} of ${closed.length} tries nobody knows what came of them`;
    return { verdict: "inconclusive", says, evidence: closed.map(seqOf), trials };
  }
  const says = `in ${kept.length} of ${closed.length} tries the later blocks were refused like the first`;
  return { verdict: "pass", says, evidence: kept.map(seqOf), trials };
}

function inWords(one: Attempted): string {
  const { detail } = one.began;
  return `/${textOf(detail, "path")} to a ${textOf(detail, "who")} (answered ${textOf(foundIn(one), "answers")})`;
}
