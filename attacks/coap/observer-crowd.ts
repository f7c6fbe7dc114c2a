import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { type HonestObserver, observeHonestly } from "./parts/honest-observer.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { tickingPath } from "./parts/observable-path.ts";
import { type ObserverCrowd, openObserverCrowd } from "./parts/observer-crowd.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { acknowledge, observeRaw } from "./parts/raw-observer.ts";
import { expectServed, honestWaitMs } from "./parts/serving.ts";

const id = "coap.observer-crowd";
/** Below what a careful server answers one address in a second. */
const perSecond = 250;
/** How much later than an honest observer everybody else is told of the same change. */
const togetherMs = 200;
/** A crowd of which so many were notified met no limit; the others may be lost datagrams. */
const unlimitedShare = 0.9;
/** Where the addresses of the second crowd begin. */
const manyFrom = 20;

export const observerCrowd = defineAttack({
  id,
  title: "Fill the server's list of observers",
  speaks: "coap",
  severity: "high",
  layer: "application",
  explains: `An honest client observes a resource that changes by itself. Then one socket registers 100 times for it with 100 tokens,
and another honest client, without any security, comes after it. In the end 300 sockets, each on an address of its own
on loopback, register once each. None of the crowd ever acknowledges anything, so that each could be a victim whose
address was forged. Registrations go out at ${perSecond} a second. That one is on the list is believed when it is notified: an
Observe option in the answer is not enough.
one-peer-cannot-fill-the-observer-list fails where all tokens of the one socket were notified, where the client that came
after it was not put on the list, or where the first got nothing more.
observers-are-limited fails where all 300 were notified, so that no limit was met, or where the honest client got nothing
more. Both pass where fewer were notified of a change that the honest ones were told of.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-770", "CWE-400", "CWE-406"],
    attack: ["T1499.003", "T1498.002", "T0814"],
    owasp: ["I2"],
    clauses: ["RFC 7641 §4.1", "RFC 7641 §7"],
    cases: ["CO-OBS-01"],
  },
  parameters: z.strictObject({
    tokens: count({ atLeast: 20, atMost: 1_000 }).default(100).describe("registrations of one socket"),
    endpoints: count({ atLeast: 20, atMost: 2_000 })
      .default(300)
      .describe("sockets that register once each: more than the server should keep for strangers"),
    period: duration({ atLeast: "200ms", atMost: "30s" })
      .prefault("2500ms")
      .describe("the longest time between two changes of the resource"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ tokens, endpoints, period }) => ((tokens + endpoints) * 1_000) / perSecond + 2 * period + 30_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { tokens, endpoints, period }) {
    const at = plainListener(ground);
    const path = await tickingPath(bench, at, ground);
    await using honest = await observeHonestly(bench, ground, path);
    const place: Place = { bench, at, path, period, honest };
    await crowdOfOne(place, tokens);
    await crowdOfMany(place, Math.min(endpoints, at.maxConnections - 8));
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "one-peer-cannot-fill-the-observer-list",
      asks: "Are the observations of one peer limited, so that it can neither be flooded nor keep others out?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Keep a few observations at most for each endpoint, and answer further registrations without Observe (RFC 7641 §4.1). Then run this again: the peer must get few notifications, and who comes after it must get its own.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judge(launch, "one peer")),
    },
    {
      id: "observers-are-limited",
      asks: "Is there a limit to the observers that have never shown that they are there?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit how many observers without proven address (DTLS, Echo, an acknowledgement) are on the list, and keep room for known ones. Then run this again with more endpoints than the limit: only some may be notified, and honest clients as before.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judge(launch, "many endpoints")),
    },
  ],
  twins: [
    {
      kills: "one-peer-cannot-fill-the-observer-list",
      loosen: { where: "coap-server", knob: "maxObserversPerPeer", value: 0 },
      parameters: { tokens: 40, endpoints: 20 },
    },
    {
      kills: "observers-are-limited",
      loosen: { where: "coap-server", knob: "maxObservers", value: 0 },
      parameters: { tokens: 20, endpoints: 60 },
      both: { "coap-server": { maxObservers: 40 } },
    },
  ],
});

interface Place {
  readonly bench: Bench;
  readonly at: LabAddress;
  readonly path: string;
  readonly period: number;
  readonly honest: HonestObserver;
}

async function crowdOfOne(place: Place, tokens: number): Promise<void> {
  const { bench, at, path } = place;
  await using crowd = await openObserverCrowd(bench, at, { path, sockets: 1, first: 0, tokens, perSecond });
  const options = { path, onNotification: acknowledge, from: ownedHost(at, 1), withinMs: honestWaitMs };
  await using newcomer = await observeRaw(bench, at, options);
  const honest = await changesSeen(place);
  const later = { listed: newcomer.isRegistered, notified: newcomer.notifications().length };
  tell(bench, "one peer", crowd, { honest, later });
}

async function crowdOfMany(place: Place, sockets: number): Promise<void> {
  const { bench, at, path } = place;
  const options = { path, sockets, first: manyFrom, tokens: 1, perSecond };
  await using crowd = await openObserverCrowd(bench, at, options);
  tell(bench, "many endpoints", crowd, { honest: await changesSeen(place) });
}

/** Waits until the honest client was told of a change, and everybody else, too; returns of how many it was told. */
async function changesSeen({ bench, honest, period }: Place): Promise<number> {
  const before = honest.states();
  const untilMs = bench.clock.nowMs() + period;
  while (honest.states() === before && bench.clock.nowMs() < untilMs && !bench.signal.aborted) {
    await bench.clock.sleep(50, bench.signal);
  }
  await bench.clock.sleep(togetherMs, bench.signal);
  return honest.states() - before;
}

type Kind = "one peer" | "many endpoints";

function tell(
  bench: Bench,
  crowd: Kind,
  { asked, counts, reference }: ObserverCrowd,
  more: { readonly honest: number; readonly later?: { readonly listed: boolean; readonly notified: number } },
): void {
  bench.observe.note("crowd", { crowd, asked, ...counts(), ...more }, reference);
}

const shape = z.object({
  crowd: z.enum(["one peer", "many endpoints"]),
  asked: z.number(),
  listed: z.number(),
  notified: z.number(),
  honest: z.number(),
  later: z.object({ listed: z.boolean(), notified: z.number() }).optional(),
});

function judge({ during: { attack } }: Launch, kind: Kind): Answer {
  const seen = notedAs(attack, "crowd", shape).find(({ facts }) => facts.crowd === kind);
  if (seen === undefined) return { verdict: "inconclusive", says: `no crowd of ${kind} was opened`, evidence: [] };
  const { asked, listed, notified, honest, later } = seen.facts;
  const evidence = seqsOf([seen]);
  const says = `of ${asked} registrations of ${kind}, none of which was ever acknowledged, ${listed} were answered with Observe and ${notified} notified; an honest observer was notified ${honest} times meanwhile`;
  const wrongs = [
    ...(notified >= asked * unlimitedShare && notified > 0 ? ["no limit was met"] : []),
    ...(later !== undefined && !later.listed ? ["a client that came later was not put on the list"] : []),
    ...(honest === 0 && notified > 0 ? ["the honest observer got nothing"] : []),
  ];
  if (wrongs.length > 0) return { verdict: "fail", says: `${wrongs.join("; ")}: ${says}`, evidence };
  if (honest === 0 || later?.notified === 0) {
    return {
      verdict: "inconclusive",
      says: `honest observers were not notified often enough to tell: ${says}`,
      evidence,
    };
  }
  return { verdict: "pass", says, evidence };
}
