import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, numberOf, seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import { type Asker, hasSecure, openAsker, openStranger, plainAt } from "./parts/access-asker.ts";
import { mustServe } from "./parts/access-serving.ts";
import { locationIn, mustRegister, registration, unregister } from "./parts/directory-registration.ts";

const id = "coap.directory-flood";

export const directoryFlood = defineAttack({
  id,
  title: "Fill the resource directory, and have it tell everything at once",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `One device with a key of its own (a stranger where there is no DTLS) registers a hundred endpoints, one after the other,
each with a lifetime of 90 s. A stranger then asks the lookup for all endpoints, without page and count. In the end the
lifetimes are cut to a second.
registrations-are-limited fails where all of them were taken, and passes where the directory was heard to stop.
lookups-come-in-pages fails where the stranger got more than fifty entries by one request, and passes where it was
refused, or got fewer though more were there. The control: a rightful client registers, and is served.`,
  references: {
    cwe: ["CWE-770", "CWE-405"],
    attack: ["T1499.003", "T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 9176 §6.2", "RFC 9176 §8", "RFC 7252 §11.3"],
    cases: ["CO-RD-02"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
    registrations: count({ atLeast: 60, atMost: 2_000 }).default(100).describe("endpoints to register"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ window, registrations }) => 10 * window + registrations * 100 + 20_000,

  async control(bench, ground, { window }) {
    const at = ground.resources?.directory;
    if (at === undefined) return mustServe(bench, ground, window);
    await using asker = await openFlooder(bench, ground);
    const location = await mustRegister(asker, at, entryOf(bench, 0), window);
    await unregister(asker, location, window);
  },

  async launch(bench, ground, { window, registrations }) {
    const at = ground.resources?.directory;
    if (at === undefined) return;
    await using asker = await openFlooder(bench, ground);
    const locations: string[] = [];
    try {
      await flood({ bench, asker, at, withinMs: window }, registrations, locations);
      await lookUp(bench, ground, locations.length, window);
    } finally {
      for (const location of locations) await unregister(asker, location, window);
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "registrations-are-limited",
      asks: "Does the resource directory take only so many registrations from one device?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit the registrations of one identity (and of one address without DTLS), and answer 5.03 beyond. Then run this again: the directory must stop before all are taken.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeFlood),
    },
    {
      id: "lookups-come-in-pages",
      asks: "Does one small request to the resource directory bring no more than one page?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Answer lookups to authenticated clients only, and a page at a time (RFC 9176 §6.2, page and count), so that a forged address is not flooded. Then run this again: the answer must be a page, or a refusal.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeLookup),
    },
  ],
  twins: [
    { kills: "registrations-are-limited", loosen: { where: "coap-server", knob: "maxRegistrations", value: 0 } },
    {
      kills: "lookups-come-in-pages",
      loosen: { where: "coap-server", knob: "lookupPaging", value: "whole" },
      both: { "coap-server": { maxRegistrations: 0, rdLookup: "open" } },
    },
  ],
});

/** More entries than this are no page. */
const pageEntries = 50;

function openFlooder(bench: Bench, ground: Ground): Promise<Asker> {
  const at = plainAt(ground);
  const { intruder, operator } = ground.identities;
  const isProven = hasSecure(ground) && (intruder ?? operator) !== undefined;
  if (isProven || at === undefined) return openAsker(bench, ground, "intruder", intruder ?? operator);
  return openStranger(bench, at);
}

function entryOf(bench: Bench, n: number) {
  const mark = `${bench.random.hex(6)}-${n}`;
  return { ep: `seatrial-${mark}`, base: `coap://192.0.2.1/${mark}`, links: `</${mark}>;rt="seatrial"` };
}

interface Stage {
  readonly bench: Bench;
  readonly asker: Asker;
  /** Path of the registration resource. */
  readonly at: string;
  readonly withinMs: number;
}

/** Limits of requests are counted by the second, as far as they were seen. */
const rateWindowMs = 1_000;

/** Registers until all are taken or the directory says no; puts the locations into `locations`. */
async function flood(stage: Stage, most: number, locations: string[]): Promise<void> {
  const { bench, asker, at } = stage;
  await bench.observe.attempt("flood", { planned: most, who: asker.who }, async (trace) => {
    trace.wire(asker.reference);
    let tried = 0;
    let answer = "";
    while (tried < most && !bench.signal.aborted) {
      const reply = await register(stage, tried);
      tried += 1;
      const location = locationIn(reply);
      answer = reply === undefined ? "" : codeText(reply.code);
      trace.detail({ tried, taken: locations.length, answer });
      if (location === undefined) return;
      locations.push(location);
    }
    trace.detail({ tried, taken: locations.length, answer, at });
  });
}

/** One registration; where requests are limited by the second, or it was lost, once more a second later. */
async function register({ bench, asker, at, withinMs }: Stage, n: number): Promise<CoapReply | undefined> {
  const once = () => asker.ask(registration(at, entryOf(bench, n)), withinMs).catch(() => undefined);
  const reply = await once();
  if (reply !== undefined && reply.code !== code.tooManyRequests) return reply;
  await bench.clock.sleep(rateWindowMs, bench.signal);
  return once();
}

/** A stranger asks for everything. */
async function lookUp(bench: Bench, ground: Ground, registered: number, withinMs: number): Promise<void> {
  const [at, path] = [plainAt(ground), ground.resources?.lookup?.endpoints];
  if (at === undefined || path === undefined) return;
  await using stranger = await openStranger(bench, at);
  await bench.observe.attempt("look-up", { path, registered }, async (trace) => {
    trace.wire(stranger.reference);
    const reply = await stranger.ask({ code: code.get, path }, withinMs);
    const text = isSuccess(reply.code) ? reply.payload.toString() : "";
    const entries = text.split(/,(?=<)/).filter((entry) => entry !== "").length;
    trace.detail({ answer: codeText(reply.code), bytes: reply.payload.length, entries });
  });
}

function judgeFlood({ during: { attack } }: Launch): Answer {
  const [flooded] = attemptsOf(attack, "flood");
  if (flooded === undefined)
    return { verdict: "not-tested", says: "nobody knows a resource directory here", evidence: [] };
  const found = foundIn(flooded);
  const [planned, taken] = [numberOf(flooded.began.detail, "planned") ?? 0, numberOf(found, "taken") ?? 0];
  const answer = textOf(found, "answer");
  const evidence = [seqOf(flooded)];
  if (taken >= planned) {
    const says = `all ${planned} registrations of one ${textOf(flooded.began.detail, "who")} were taken`;
    return { verdict: "fail", says, evidence };
  }
  if (answer === "" || flooded.phase !== "ok") {
    const says = `after ${taken} of ${planned} registrations nothing was answered any more`;
    return { verdict: "inconclusive", says, evidence };
  }
  return {
    verdict: "pass",
    says: `the directory stopped after ${taken} of ${planned} registrations with ${answer}`,
    evidence,
  };
}

function judgeLookup({ during: { attack } }: Launch): Answer {
  const [looked] = attemptsOf(attack, "look-up");
  if (looked === undefined)
    return { verdict: "not-tested", says: "nobody knows a lookup without DTLS here", evidence: [] };
  const found = foundIn(looked);
  const registered = numberOf(looked.began.detail, "registered") ?? 0;
  const [entries, bytes, answer] = [
    numberOf(found, "entries") ?? 0,
    numberOf(found, "bytes") ?? 0,
    textOf(found, "answer"),
  ];
  const evidence = [seqOf(looked)];
  if (looked.phase !== "ok") return { verdict: "inconclusive", says: "the lookup was not answered", evidence };
  if (entries > pageEntries) {
    const says = `one request brought a stranger ${entries} entries, ${bytes} bytes`;
    return { verdict: "fail", says, evidence };
  }
  if (!answer.startsWith("2."))
    return { verdict: "pass", says: `a stranger's lookup was refused (${answer})`, evidence };
  if (registered <= pageEntries) {
    const says = `only ${registered} endpoints could be registered, so that the answer of ${entries} entries says nothing`;
    return { verdict: "inconclusive", says, evidence };
  }
  return { verdict: "pass", says: `of ${registered} endpoints one request brought ${entries}`, evidence };
}
