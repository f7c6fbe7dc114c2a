import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code, codeText, isResponse } from "#simulator/coap/code.ts";
import type { Message } from "#simulator/coap/message.ts";
import { type Option, option, optionNumber } from "#simulator/coap/option.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import { openStranger, plainAt } from "./parts/access-asker.ts";
import { askPatiently } from "./parts/access-patience.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { type Origin, openOrigin, pathOf } from "./parts/proxy-origin.ts";

const id = "coap.proxy-loop";

export const proxyLoop = defineAttack({
  id,
  title: "Have a proxy ask in a circle",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `The attack opens a server and asks the target, as a proxy, for a resource there. Each time that its server is asked it
asks the proxy for the same again, with the Hop-Limit as it came, as a second proxy would that leads back to the first:
with Hop-Limit 1, with 3, and without. It ends the circle itself after so many rounds.
Then it asks with an option that nobody has assigned and that a proxy has to know to forward a request (Proxy-UnSafe).
forwarding-keeps-its-limits fails where a request with Hop-Limit n came through more than n - 1 times, the circle had to
be ended, or the request with the unknown option came through. It is not applicable where the target is no proxy for
strangers. The control: a rightful client is served.`,
  references: {
    cwe: ["CWE-835", "CWE-405"],
    attack: ["T1499"],
    owasp: ["I2"],
    clauses: ["RFC 8768 §3", "RFC 7252 §5.4.2", "RFC 7252 §5.7.1"],
    cases: ["CO-PRX-04"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
    rounds: count({ atLeast: 20, atMost: 300 }).default(40).describe("rounds after which the attack ends the circle"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 20 * window + 10_000,

  control: (bench, ground, { window }) => mustServe(bench, ground, window),

  async launch(bench, ground, { window, rounds }) {
    const at = plainAt(ground);
    if (at === undefined) return;
    const stage = { bench, at, withinMs: window };
    if (!(await isForwarding(stage))) return;
    for (const hops of [1, 3, undefined]) await circle(stage, hops, rounds);
    await smuggle(stage);
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "forwarding-keeps-its-limits",
      asks: "Does a proxy lead no request in a circle for ever, and forward none that it does not understand?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Take one off Hop-Limit (RFC 8768) before forwarding, set 16 where there is none, and answer 5.08 when nothing is left; answer 4.02 where an option is unknown that must be known to forward. Then run this again: with Hop-Limit 1 nothing may come through.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeLimits),
    },
  ],
  twins: [
    {
      kills: "forwarding-keeps-its-limits",
      loosen: { where: "coap-server", knob: "hopLimit", value: "ignored" },
      both: { "coap-server": { proxy: "open" } },
    },
  ],
});

interface Stage {
  readonly bench: Bench;
  readonly at: LabAddress;
  readonly withinMs: number;
}

function proxied({ local }: Origin, path: string, options: readonly Option[]): readonly Option[] {
  return [option(optionNumber.proxyUri, `coap://${local.host}:${local.port}/${path}`), ...options];
}

function isAsked(origin: Origin, path: string): boolean {
  return origin.requests.some((request) => pathOf(request) === path);
}

/** Whether the target forwards for strangers at all. */
async function isForwarding({ bench, at, withinMs }: Stage): Promise<boolean> {
  await using origin = await openOrigin(bench, at, () => ({ payload: "here" }));
  await using stranger = await openStranger(bench, at);
  const path = bench.random.hex(8);
  const tried = await bench.observe.attempt("forward", null, async (trace) => {
    trace.wire(stranger.reference);
    const order = { code: code.get, options: proxied(origin, path, []) };
    const { reply, answer } = await askPatiently(bench, stranger, order, withinMs);
    trace.detail({ answer });
    if (isAsked(origin, path)) return;
    if (answer === "RST" || (reply !== undefined && saysNo(reply))) throw new Refused(answer, `answered ${answer}`);
    throw new Error(answer === "" ? `no answer within ${withinMs} ms` : `answered ${answer}, and nothing came through`);
  });
  return tried.phase === "ok";
}

/** One circle, and how often the request came through. */
async function circle(stage: Stage, hops: number | undefined, most: number): Promise<void> {
  const { bench, at, withinMs } = stage;
  const path = bench.random.hex(8);
  await using probe = await openProbe(bench, at);
  await using origin = await openOrigin(bench, at, (request, n) => {
    if (n + 1 < most) ask(probe, proxied(origin, path, hopLimitOf(request)));
    // So that no cache answers the next round.
    return { payload: "round", options: [option(optionNumber.maxAge, 0)] };
  });
  await bench.observe.attempt("circle", { hops: hops ?? null, most }, async (trace) => {
    trace.wire(probe.reference);
    ask(probe, proxied(origin, path, hops === undefined ? [] : [option(optionNumber.hopLimit, hops)]));
    const rest = await untilAtRest(bench, probe, origin, most, withinMs);
    trace.detail({ rounds: origin.requests.length, ...rest });
  });
}

function ask(probe: Probe, options: readonly Option[]): void {
  probe.send(probe.message({ code: code.get, options }));
}

function hopLimitOf({ options }: Message): readonly Option[] {
  return options.filter(({ number }) => number === optionNumber.hopLimit);
}

/** How long a circle must have been quiet to be over, milliseconds. */
const quietMs = 100;

/** Waits until a response says no, nothing goes round any more, or the most rounds are over; tells the last response. */
async function untilAtRest(bench: Bench, probe: Probe, origin: Origin, most: number, withinMs: number) {
  const endsMs = bench.clock.nowMs() + withinMs;
  for (let before = -1; bench.clock.nowMs() < endsMs && origin.requests.length < most; ) {
    if (origin.requests.length === before && probe.heard.length > before) break;
    before = origin.requests.length;
    await bench.clock.sleep(quietMs, bench.signal);
  }
  const last = probe.heard.findLast(({ message }) => message !== undefined && isResponse(message.code))?.message;
  return { answer: last === undefined ? "" : codeText(last.code) };
}

/** Elective, Proxy-UnSafe, and assigned to nothing (RFC 7252 §5.4.6, §12.2). */
const unknownUnsafe = 65_002;

async function smuggle({ bench, at, withinMs }: Stage): Promise<void> {
  await using origin = await openOrigin(bench, at, () => ({ payload: "here" }));
  await using stranger = await openStranger(bench, at);
  const path = bench.random.hex(8);
  const options = proxied(origin, path, [option(unknownUnsafe, "x")]);
  const how = "a request with an unknown option that is not safe to forward";
  await pursue(
    bench,
    stranger,
    { goal: "smuggle", how, path: "" },
    { code: code.get, options },
    {
      withinMs,
      isOnce: true,
      reached: (reply) => isAsked(origin, path) || (reply === undefined ? undefined : false),
    },
  );
}

function judgeLimits({ during: { attack } }: Launch): Answer {
  const [forward] = attemptsOf(attack, "forward");
  if (forward === undefined) return { verdict: "not-tested", says: "no address without DTLS is known", evidence: [] };
  if (forward.phase === "refused") {
    const says = `the target is no proxy for strangers (${textOf(foundIn(forward), "answer")})`;
    return { verdict: "not-applicable", says, evidence: [seqOf(forward)] };
  }
  if (forward.phase === "unknown") {
    const says = "nobody knows whether the target is a proxy: nothing came through, and it did not say no";
    return { verdict: "inconclusive", says, evidence: [seqOf(forward)] };
  }
  const circles = attemptsOf(attack, "circle").map(circleOf);
  const endless = circles.filter(({ rounds, allowed }) => rounds > allowed);
  const smuggled = pursuitsOf(attack, ["smuggle"]).filter(({ reached }) => reached === true);
  const evidence = [...endless, ...smuggled].map(({ seq }) => seq);
  if (evidence.length > 0) {
    const says = [
      ...endless.map(({ words, rounds }) => `${words} came through ${rounds} times`),
      ...smuggled.map(({ how }) => `${how} came through`),
    ].join("; ");
    return { verdict: "fail", says, evidence };
  }
  if (circles.length === 0) return { verdict: "inconclusive", says: "no circle was tried", evidence: [seqOf(forward)] };
  const says = circles.map(({ words, rounds }) => `${words} came through ${rounds} times`).join("; ");
  return { verdict: "pass", says, evidence: circles.map(({ seq }) => seq) };
}

function circleOf(one: Attempted) {
  const hops = numberOf(one.began.detail, "hops");
  const most = numberOf(one.began.detail, "most") ?? 0;
  return {
    seq: seqOf(one),
    words: hops === undefined ? "a request without Hop-Limit" : `a request with Hop-Limit ${hops}`,
    rounds: numberOf(foundIn(one), "rounds") ?? 0,
    allowed: hops === undefined ? most - 1 : hops - 1,
  };
}
