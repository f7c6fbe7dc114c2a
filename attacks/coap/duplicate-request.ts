import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText, isResponse } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { optionNumber, pathOptions } from "#simulator/coap/option.ts";
import type { Probe, Question } from "#simulator/coap/probe.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { below } from "./parts/access-path.ts";
import { readText } from "./parts/access-rightful.ts";
import { mustServe } from "./parts/access-serving.ts";
import { openRightful } from "./parts/message-rightful.ts";

const id = "coap.duplicate-request";
const answerWithinMs = 2_000;

export const duplicateRequest = defineAttack({
  id,
  title: "Deliver a confirmable request twice",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `A client with every right sends one confirmable POST to a counter, and the very same message (id, token, bytes) once more: in one try
at once, in the other after a while, as its own retransmission or the network would have it. Over DTLS each copy is a record of its own.
Where there is no counter, a PUT to a path that is not there yet shows it: 2.01 for the first and 2.04 for the second means that both were carried out.
duplicates-run-once fails where a request had its effect twice, and passes where it had it once, whatever the second copy was answered.
The control: a single request has its effect once.`,
  references: {
    cwe: ["CWE-294", "CWE-837"],
    attack: ["T0831"],
    owasp: ["I7"],
    clauses: ["RFC 7252 §4.5"],
    cases: ["CO-MSG-01"],
  },
  parameters: z.strictObject({
    later: duration({ atLeast: "10ms", atMost: "120s" })
      .prefault("500ms")
      .describe("when the second copy comes that does not come at once"),
    window: duration({ atLeast: "50ms", atMost: "10s" })
      .prefault("300ms")
      .describe("how long an answer to the second copy is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ later, window }) => later + 2 * window + 12 * answerWithinMs,

  async control(bench, ground) {
    if (subjectOf(ground) === undefined) return mustServe(bench, ground, answerWithinMs);
    const seen = await send(bench, ground, { copies: "one", laterMs: 0, windowMs: 0 });
    if (seen.ran !== 1) throw new Error(`a single request had its effect ${seen.ran ?? "nobody knows how many"} times`);
  },

  async launch(bench, ground, { later, window }) {
    if (subjectOf(ground) === undefined) return void bench.observe.note("no-subject");
    await twice(bench, ground, { copies: "at once", laterMs: 0, windowMs: window });
    await twice(bench, ground, { copies: "later", laterMs: later, windowMs: window });
  },

  recovery: (bench, ground) => mustServe(bench, ground, answerWithinMs),

  checks: [
    {
      id: "duplicates-run-once",
      asks: "Is a confirmable request carried out once, however often it arrives?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Remember the ids of confirmable requests for EXCHANGE_LIFETIME with their answers, and answer a copy from there; or make every operation idempotent. Then run this again: a copy must change nothing.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeCopies),
    },
  ],
  twins: [
    {
      kills: "duplicates-run-once",
      loosen: { where: "coap-server", knob: "deduplication", value: "off" },
      parameters: { later: "100ms", window: "100ms" },
    },
  ],
});

interface Copies {
  readonly copies: "one" | "at once" | "later";
  readonly laterMs: number;
  readonly windowMs: number;
}

interface Seen {
  /** How often the request had its effect; undefined where nobody knows. */
  readonly ran: number | undefined;
  readonly answers: readonly string[];
}

/** What a copy shows its effect on: the counter, or else what a PUT brings about below that path. */
function subjectOf({ resources }: Ground): { readonly counter: string } | { readonly creatable: string } | undefined {
  if (resources?.counter !== undefined) return { counter: resources.counter };
  return resources?.creatable === undefined ? undefined : { creatable: resources.creatable };
}

/** One attempt: ok where it ran twice, refused where the target was heard to have run it once. */
async function twice(bench: Bench, ground: Ground, how: Copies): Promise<void> {
  const method = ground.resources?.counter === undefined ? "PUT" : "POST";
  await bench.observe.attempt("duplicate", { copies: how.copies, method }, async (trace) => {
    const { ran, answers } = await send(bench, ground, how);
    trace.detail({ answers, ...(ran !== undefined && { ran }) });
    if (ran === undefined) throw new Error("nobody knows how often it ran");
    if (ran < 2) throw new Refused("once", `it ran ${ran === 1 ? "once" : "not at all"}`);
  });
}

async function send(bench: Bench, ground: Ground, how: Copies): Promise<Seen> {
  const { operator } = ground.identities;
  await using rightful = await openRightful(bench, ground, operator);
  await using asker = await openAsker(bench, ground, "operator", operator);
  const subject = subjectOf(ground);
  if (subject === undefined) throw new Error("there is nothing to show an effect on");
  // Awaited here, as the sockets are closed when this returns.
  if ("counter" in subject) return await count(bench, rightful.probe, asker, subject.counter, how);
  return await create(bench, rightful.probe, asker, below(subject.creatable, canary(bench)), how);
}

async function count(bench: Bench, probe: Probe, asker: Asker, path: string, how: Copies): Promise<Seen> {
  const before = await readNumber(asker, path);
  const answers = await copy(bench, probe, { code: code.post, options: pathOptions(path) }, how);
  const after = await readNumber(asker, path);
  const ran = before === undefined || after === undefined ? undefined : after - before;
  return { ran, answers };
}

async function readNumber(asker: Asker, path: string): Promise<number | undefined> {
  const text = await readText(asker, path, answerWithinMs);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

async function create(bench: Bench, probe: Probe, asker: Asker, path: string, how: Copies): Promise<Seen> {
  const put = { code: code.put, options: pathOptions(path), payload: "made by a test" };
  const answers = await copy(bench, probe, put, how);
  await asker.ask({ code: code.delete, path }, answerWithinMs).catch(() => {});
  const created = answers.includes(codeText(code.created));
  return { ran: created ? (answers.includes(codeText(code.changed)) ? 2 : 1) : undefined, answers };
}

/** Sends a request and its copy, and gives the answers in order; where the server asks for Echo, both carry it. */
async function copy(bench: Bench, probe: Probe, question: Question, how: Copies): Promise<readonly string[]> {
  const first = probe.message(question);
  const answered = await deliver(bench, probe, first, how);
  const challenged = answered.find(({ code: answer }) => answer === code.unauthorized);
  const echo = challenged?.options.find(({ number }) => number === optionNumber.echo);
  if (echo === undefined) return answered.map(inWords);
  const shown = probe.message({ ...question, options: [...(question.options ?? []), echo] });
  return (await deliver(bench, probe, shown, how)).map(inWords);
}

async function deliver(bench: Bench, probe: Probe, asked: Message, { copies, laterMs, windowMs }: Copies) {
  const since = probe.heard.length;
  probe.send(asked);
  if (copies === "at once") probe.send(asked);
  await probe.hear(answerWithinMs, ({ message }) => message !== undefined && isAnswer(message, asked), since);
  if (copies === "later") {
    await bench.clock.sleep(laterMs, bench.signal);
    probe.send(asked);
  }
  if (copies !== "one") await bench.clock.sleep(windowMs, bench.signal);
  return probe.heard.slice(since).flatMap(({ message }) => (message && isAnswer(message, asked) ? [message] : []));
}

function isAnswer({ code: answer, token }: Message, asked: Message): boolean {
  return isResponse(answer) && Buffer.compare(token, asked.token) === 0;
}

function inWords({ code: answer }: Message): string {
  return codeText(answer);
}

function judgeCopies({ during: { attack } }: Launch): Answer {
  const tries = attemptsOf(attack, "duplicate");
  if (tries.length === 0) {
    const says = "nobody knows of a counter, or of a place where resources can be made";
    return { verdict: "not-applicable", says, evidence: [] };
  }
  const twiceRun = tries.filter(({ phase }) => phase === "ok");
  const once = tries.filter((one) => one.phase === "refused" && numberOf(foundIn(one), "ran") === 1);
  const trials = { planned: 2, run: tries.length, passed: once.length };
  if (twiceRun.length > 0) {
    const how = twiceRun.map((one) => {
      const { detail } = one.began;
      return `${textOf(detail, "method")}, the copy ${textOf(detail, "copies")}, ran ${textOf(foundIn(one), "ran")} times`;
    });
    const says = `${twiceRun.length} of ${tries.length} requests had their effect twice: ${how.join("; ")}`;
    return { verdict: "fail", says, evidence: twiceRun.map(seqOf), trials };
  }
  if (once.length < tries.length || tries.length < 2) {
    const says = `of ${tries.length - once.length} of ${tries.length} requests nobody knows how often they ran`;
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  return {
    verdict: "pass",
    says: `both requests that came twice had their effect once`,
    evidence: once.map(seqOf),
    trials,
  };
}
