import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { messageType } from "#simulator/coap/message.ts";
import { type Asker, openAsker } from "./parts/access-asker.ts";
import { borrow, writeText } from "./parts/access-rightful.ts";
import { mustCommand } from "./parts/access-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { openProbeAs } from "./parts/probe-as.ts";
import { observeRaw } from "./parts/raw-observer.ts";
import { honestIdentity, honestWaitMs } from "./parts/serving.ts";

const id = "coap.notification-flood";
/** Some servers look only now and then whether something has changed: libcoap's example every two seconds. */
const firstWithinMs = 5_000;
/** Notifications that are still under way after the last change. */
const drainMs = 300;
/** Of the changes; who is told of fewer than these had some left out. */
const floodShare = 0.5;

export const notificationFlood = defineAttack({
  id,
  title: "Change a resource so fast that its observers drown in notifications",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `The operator sets the actuator 20 times, 40 times a second. An observer of it, by DTLS with the operator's key where the
target has that, acknowledges nothing meanwhile, as one does whose radio is slow: nobody knows its round-trip time.
fast-changes-are-merged fails where it was sent a different notification for at least half of the changes, and passes
where newer states took the place of older ones (RFC 7641 §4.5): one confirmable message may be under way to an observer,
and one NON every 3 s.
The control: the operator sets the actuator and reads it. What was there before is set back.`,
  references: {
    cwe: ["CWE-799", "CWE-400"],
    attack: ["T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7641 §4.5", "RFC 7641 §4.5.1", "RFC 7252 §4.7"],
    cases: ["CO-OBS-06"],
  },
  parameters: z.strictObject({
    changes: count({ atLeast: 10, atMost: 200 }).default(20).describe("how often the actuator is set"),
    perSecond: count({ atLeast: 10, atMost: 200 }).default(40).describe("how often in a second"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ changes, perSecond }) => (changes * 1_000) / perSecond + changes * 200 + firstWithinMs + 30_000,

  control: (bench, ground) => mustCommand(bench, ground, honestWaitMs),

  async launch(bench, ground, { changes, perSecond }) {
    const path = ground.resources?.actuator;
    if (path === undefined) return;
    await using operator = await openAsker(bench, ground, "operator", honestIdentity(ground));
    await using _before = await borrow(operator, path, honestWaitMs);
    await floodObserver(bench, ground, operator, { path, changes, perSecond });
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => mustCommand(bench, ground, honestWaitMs),

  checks: [
    {
      id: "fast-changes-are-merged",
      asks: "Are fast changes merged, so that an observer is not flooded?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Keep at most one notification under way to each observer and let the newest state replace those that wait (RFC 7641 §4.5); space NON notifications by the round-trip time, or by 3 s where it is not known. Then run this again: far fewer notifications than changes may come.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "fast-changes-are-merged",
      loosen: { where: "coap-server", knob: "notifications", value: "every-change" },
      parameters: { changes: 20, perSecond: 100 },
    },
  ],
});

async function floodObserver(
  bench: Bench,
  ground: Ground,
  operator: Asker,
  { path, changes, perSecond }: { readonly path: string; readonly changes: number; readonly perSecond: number },
): Promise<void> {
  // A short state first: some servers notify nobody who has not yet fetched all blocks of a long one.
  await writeText(operator, path, "seatrial", honestWaitMs);
  const open = (own: Bench) => openProbeAs(own, ground, honestIdentity(ground), 0);
  await using observer = await observeRaw(bench, ground.at, { path, open, withinMs: honestWaitMs });
  const beganMs = bench.clock.nowMs();
  let made = 0;
  for (let n = 0; n < changes && observer.isRegistered && !bench.signal.aborted; n += 1) {
    const dueMs = beganMs + (n * 1_000) / perSecond;
    if (dueMs > bench.clock.nowMs()) await bench.clock.sleep(dueMs - bench.clock.nowMs(), bench.signal);
    await writeText(operator, path, `seatrial ${n}`, honestWaitMs);
    made += 1;
  }
  const tookMs = bench.clock.nowMs() - beganMs;
  if (observer.isRegistered) await observer.until(1, firstWithinMs);
  await bench.clock.sleep(drainMs, bench.signal);
  const different = observer.notifications();
  const confirmable = different.filter(({ message }) => message.type === messageType.con).length;
  const facts = { path, registered: observer.isRegistered, made, tookMs, different: different.length, confirmable };
  bench.observe.note("notified", facts, observer.probe.reference);
}

const shape = z.object({
  path: z.string(),
  registered: z.boolean(),
  made: z.number(),
  tookMs: z.number(),
  different: z.number(),
  confirmable: z.number(),
});

function judge({ during: { attack } }: Launch): Answer {
  const [seen] = notedAs(attack, "notified", shape);
  if (seen === undefined) {
    return { verdict: "not-tested", says: "no actuator is known, so nothing was changed", evidence: [] };
  }
  const { path, registered, made, tookMs, different, confirmable } = seen.facts;
  const evidence = seqsOf([seen]);
  if (!registered) return { verdict: "inconclusive", says: `/${path} could not be observed`, evidence };
  const says = `of ${made} changes within ${tookMs} ms an observer that acknowledged nothing was sent ${different} (${confirmable} of them confirmable)`;
  if (different >= made * floodShare) return { verdict: "fail", says, evidence };
  if (different === 0) {
    return { verdict: "inconclusive", says: `${says}, so that it is not known whether it was on the list`, evidence };
  }
  return { verdict: "pass", says, evidence };
}
