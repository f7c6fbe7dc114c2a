import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer, Measure } from "#contract/check.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { messageType } from "#simulator/coap/message.ts";
import { amplificationOf, sayAmplification } from "./parts/amplification.ts";
import { tickingPath } from "./parts/observable-path.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { acknowledge, observeRaw, type RawObserver } from "./parts/raw-observer.ts";
import { expectServed, honestWaitMs } from "./parts/serving.ts";

const id = "coap.silent-observer";
/** Until then a confirmable notification may be sent again: MAX_TRANSMIT_SPAN (RFC 7252 §4.8.2), after one change. */
const spanMs = 45_000 + 3_000;
/** That the server holds back is believed once an honest observer got so many notifications more. */
const heldBack = 3;
const lookEveryMs = 250;

export const silentObserver = defineAttack({
  id,
  title: "Have notifications sent for ever to somebody who never asked",
  speaks: "coap",
  severity: "high",
  layer: "network",
  explains: `Registers an observer of a resource that changes by itself from a socket that plays the victim of a forged address: it
acknowledges nothing and refuses nothing, as a port does where nobody is. An honest observer, on a socket of its own,
acknowledges everything, and shows how often the resource changes meanwhile.
silent-observers-are-dropped fails where the victim got more than few different notifications without having acknowledged
one, or where it was still sent something after ${spanMs / 1_000} s, when every repetition of a confirmable message is over. It passes
where the victim got few and then nothing new, while the honest observer got at least ${heldBack} more.
It listens for at most 15 s, and no longer than it takes to see either: libcoap with NON notifications sends ten before
a confirmable one, so a dozen are called few. Whether the observer is dropped in the end shows only with listens: 60s.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-405", "CWE-406"],
    attack: ["T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 7641 §4.5", "RFC 7641 §7", "RFC 7252 §4.8.2"],
    cases: ["CO-AMP-03"],
  },
  parameters: z.strictObject({
    listens: duration({ atLeast: "1s", atMost: "180s" })
      .prefault("15s")
      .describe("how long the victim listens; 60s shows whether the server ever stops"),
    few: count({ atLeast: 1, atMost: 30 })
      .default(12)
      .describe("different notifications that may come without an acknowledgement"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ listens }) => listens + 30_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { listens, few }) {
    const at = plainListener(ground);
    const path = await tickingPath(bench, at, ground);
    await using honest = await observeRaw(bench, at, { path, onNotification: acknowledge, withinMs: honestWaitMs });
    await using victim = await observeRaw(bench, at, { path, from: ownedHost(at, 0), withinMs: honestWaitMs });
    const beganMs = bench.clock.nowMs();
    const isClear = () => {
      const different = victim.notifications().length;
      const isHeldBack = listens <= spanMs && honest.notifications().length - different >= 2 * heldBack;
      return different > few || isHeldBack;
    };
    while (bench.clock.nowMs() - beganMs < listens && !isClear() && !bench.signal.aborted) {
      await bench.clock.sleep(lookEveryMs, bench.signal);
    }
    note(bench, victim, { honest: honest.notifications().length, few, path, beganMs });
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "silent-observers-are-dropped",
      asks: "Does an observer that acknowledges nothing get only a few notifications?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Send every notification, or at least every few, as a confirmable message, hold back newer ones until it is acknowledged, and take the observer off the list when it is not (RFC 7641 §4.5). Then run this again with listens: 60s: the victim must be left alone.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "silent-observers-are-dropped",
      loosen: { where: "coap-server", knob: "silentObservers", value: "kept" },
      parameters: { listens: "5s", few: 2 },
    },
  ],
});

function note(
  bench: Bench,
  victim: RawObserver,
  more: { readonly honest: number; readonly few: number; readonly path: string; readonly beganMs: number },
): void {
  const { honest, few, path, beganMs } = more;
  const came = victim.probe.heard;
  const different = victim.notifications();
  const facts = {
    path,
    few,
    honest,
    registered: victim.isRegistered,
    asked: victim.askedBytes,
    came: came.map(({ bytes }) => bytes.length),
    different: different.length,
    confirmable: different.filter(({ message }) => message.type === messageType.con).length,
    lastMs: Math.max(0, (came.at(-1)?.atMs ?? beganMs) - beganMs),
    listenedMs: bench.clock.nowMs() - beganMs,
  };
  bench.observe.note("silent-observer", facts, victim.probe.reference);
}

const facts = z.object({
  path: z.string(),
  few: z.number(),
  honest: z.number(),
  registered: z.boolean(),
  asked: z.number(),
  came: z.array(z.number()),
  different: z.number(),
  lastMs: z.number(),
  listenedMs: z.number(),
});

function judge({ during: { attack } }: Launch): Answer {
  const [seen] = notesOf(attack, "silent-observer");
  if (seen === undefined) return { verdict: "inconclusive", says: "nobody observed anything", evidence: [] };
  const { path, few, honest, registered, asked, came, different, lastMs, listenedMs } = facts.parse(seen.detail);
  const evidence = [seen.seq];
  if (!registered) {
    const says = `strangers are not taken as observers of /${path}, so that nobody was notified of anything`;
    return { verdict: "inconclusive", says, evidence };
  }
  const brought = `${different} different notifications in ${came.length} datagrams, the last after ${seconds(lastMs)}; all in all ${sayAmplification(amplificationOf(asked, came))}`;
  if (different > few || lastMs > spanMs) {
    const says = `a victim that acknowledged nothing got ${brought}`;
    return { verdict: "fail", says, evidence, measure: shareOf(0) };
  }
  if (honest - different < heldBack) {
    const says = `an honest observer got ${honest} notifications in ${seconds(listenedMs)}, a silent one ${different}: too few to tell whether any were held back; listen longer`;
    return { verdict: "inconclusive", says, evidence };
  }
  const end = listenedMs > spanMs ? "and was then left alone" : `and nothing new by ${seconds(listenedMs)}`;
  const says = `a victim that acknowledged nothing got ${brought}; ${end}, while an honest observer got ${honest}`;
  return { verdict: "pass", says, evidence, measure: shareOf(1) };
}

function shareOf(survived: 0 | 1): Measure {
  return { kind: "graded", total: 1, survived, lost: 1 - survived };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
