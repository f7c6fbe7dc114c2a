import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { tickingPath } from "./parts/observable-path.ts";
import {
  type Fate,
  fateNames,
  guesses,
  holdsMs,
  mayGoOn,
  type Place,
  prepareGuess,
  prepareStrikes,
  type Struck,
  take,
} from "./parts/observation-strikes.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { acknowledge, type Notified, type RawObserver } from "./parts/raw-observer.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.observation-theft";
/** Notifications that the witness gets after the strike before anybody is said to get none. */
const rounds = 2;

export const observationTheft = defineAttack({
  id,
  title: "End somebody else's observation, so that it believes an old state",
  speaks: "coap",
  severity: "medium",
  layer: "application",
  explains: `Eight honest observers, each from an address of its own, observe a resource that changes by itself and acknowledge every
notification. After the first one
- a stranger on another port of the victim's address sends RST for the very notification that the victim was just sent;
- a stranger on another port sends GET with Observe 1 and the victim's token, and registers with another victim's token;
- one observer ends its own observation by GET with Observe 1, another by RST.
A witness, whom nobody touches, shows when the resource has changed ${rounds} times more. After that
- from a victim's own address, as if forged, come ${guesses.length} RST with ids guessed around the one that the attacker, who observes
  the same, was just sent; another witness comes then.
foreign-resets-are-ignored, message-ids-cannot-be-guessed and observations-belong-to-their-observer fail where the victim
got nothing more while the witness did, and pass where it was notified as before. The last also fails where somebody who
ended its own observation was notified again after one more change.
Ids that count upwards from a random start for each observer, which RFC 7252 §4.4 allows, are not guessed by this.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-290", "CWE-346", "CWE-639", "CWE-330", "CWE-404"],
    attack: ["T1557", "T1691.002"],
    owasp: ["I3"],
    clauses: ["RFC 7252 §4.2", "RFC 7252 §4.4", "RFC 7252 §11.4", "RFC 7641 §3.6", "RFC 7641 §4.1"],
    cases: ["CO-SPF-02", "CO-OBS-02", "CO-OBS-03"],
  },
  parameters: z.strictObject({
    period: duration({ atLeast: "200ms", atMost: "30s" })
      .prefault("2500ms")
      .describe("the longest time between two changes of the resource"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ period }) => (2 * rounds + 3) * period + 30_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { period }) {
    const at = plainListener(ground);
    const path = await tickingPath(bench, at, ground);
    await using stage = new AsyncDisposableStack();
    const place: Place = { bench, at, path, period, stage };
    const witness = await take(place, 0, acknowledge);
    const strikes = await prepareStrikes(place, ground);
    const guess = await prepareGuess(place);
    await witness.until(1, period);
    const struck = await Promise.all(strikes.map((strike) => strike()));
    await watch(place, witness);
    for (const one of struck) tell(bench, one, witness);
    const guessed = await guess();
    // One who comes now was certainly not hit by a guess.
    const another = await take(place, 8, acknowledge);
    const heard = guessed.observer.notifications().length;
    await Promise.race([watch(place, another), watchFor(place, guessed.observer, heard + 1)]);
    tell(bench, guessed, another);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "foreign-resets-are-ignored",
      asks: "Is a RST ignored that does not come from the endpoint that was notified?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Match RST and ACK by message id and by the source's address and port (RFC 7252 §4.2); better, observe through DTLS. Then run this again: the victim must be notified as before.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeFates(launch, ["foreign reset"])),
    },
    {
      id: "message-ids-cannot-be-guessed",
      asks: "Are the message ids that one peer gets useless for guessing those of another?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Draw message ids at random, or count them for each peer from a random start (RFC 7252 §4.4), never for all peers together. Then run this again: the forged RST must not end the victim's observation.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeFates(launch, ["guessed reset"])),
    },
    {
      id: "observations-belong-to-their-observer",
      asks: "Does an observation end when its own observer ends it, and by nobody else?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Keep observations by endpoint and token, not by the token alone (RFC 7641 §4.1), and take an observer off the list that sends Observe 1 or RST (§3.6). Then run this again: strangers must end nothing, and who leaves must get nothing.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeFates(launch, belonging)),
    },
  ],
  twins: [
    {
      kills: "foreign-resets-are-ignored",
      loosen: { where: "coap-server", knob: "resetMatching", value: "message-id" },
    },
    {
      kills: "message-ids-cannot-be-guessed",
      loosen: { where: "coap-server", knob: "messageIds", value: "sequential" },
    },
    {
      kills: "observations-belong-to-their-observer",
      loosen: { where: "coap-server", knob: "observerKey", value: "token" },
    },
  ],
});

/** Until the victim was notified so often; for ever where it is not. */
async function watchFor({ period }: Place, victim: RawObserver, count: number): Promise<void> {
  if (!(await victim.until(count, rounds * period))) await new Promise<never>(() => {});
}

/** Until the witness was notified some times more, and a moment longer, so that everybody else was, too. */
async function watch({ bench, period }: Place, witness: RawObserver): Promise<void> {
  await witness.until(witness.notifications().length + rounds, rounds * period);
  await bench.clock.sleep(holdsMs, bench.signal);
}

function after(observer: RawObserver, sinceMs: number): readonly Notified[] {
  return observer.notifications().filter((seen) => seen.atMs > sinceMs);
}

/** What became of an observation that something was done to, while the witness was notified. */
function tell(bench: Bench, { fate, observer, atMs, isDone }: Struck, witness: RawObserver): void {
  const witnessed = after(witness, atMs);
  const firstMs = witnessed[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const facts = {
    fate,
    registered: observer.isRegistered,
    done: isDone,
    notified: after(observer, atMs).length,
    // One change more may be told to who has just left.
    late: after(observer, firstMs + holdsMs).length,
    witnessed: witnessed.length,
  };
  bench.observe.note("observation", facts, observer.probe.reference);
}

const belonging: readonly Fate[] = ["foreign cancellation", "foreign registration", "own cancellation", "own reset"];

const observed = z.object({
  fate: z.enum(fateNames),
  registered: z.boolean(),
  done: z.boolean(),
  notified: z.number(),
  late: z.number(),
  witnessed: z.number(),
});

function judgeFates({ during: { attack } }: Launch, asked: readonly Fate[]): Answer {
  const seen = notedAs(attack, "observation", observed).filter(({ facts }) => asked.includes(facts.fate));
  const shown = seen.filter(({ facts: { fate, registered, done, notified, witnessed } }) => {
    const isSure = witnessed >= rounds || (mayGoOn(fate) && notified > 0);
    return registered && done && isSure;
  });
  const bad = shown.filter(({ facts: { fate, notified, late } }) => (mayGoOn(fate) ? notified === 0 : late > 0));
  const trials = { planned: asked.length, run: seen.length, passed: shown.length - bad.length };
  if (bad.length > 0) {
    const ways = bad.map(({ facts: { fate, late, witnessed } }) =>
      mayGoOn(fate)
        ? `a ${fate} ended the victim's observation: nothing came, while a witness was notified ${witnessed} times`
        : `after its ${fate} an observer was notified ${late} times more`,
    );
    return { verdict: "fail", says: ways.join("; "), evidence: seqsOf(bad), trials };
  }
  const evidence = seqsOf(seen);
  if (shown.length < asked.length) {
    const says = `only ${shown.length} of ${asked.length} observations could be struck and were watched long enough`;
    return { verdict: "inconclusive", says, evidence, trials };
  }
  const ways = shown.map(({ facts: { fate } }) => `the ${fate} ${mayGoOn(fate) ? "changed nothing" : "ended it"}`);
  return { verdict: "pass", says: ways.join(", "), evidence, trials };
}
