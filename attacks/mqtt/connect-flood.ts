import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { textOf } from "#contract/detail.ts";
import { LabError, Refused } from "#contract/errors.ts";
import { honestTries, honestWaitMs } from "#contract/honest-tries.ts";
import type { Identity } from "#contract/identity.ts";
import { judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { attackerSource, connect } from "#simulator/mqtt/client.ts";
import { expectServed, judgeHonestConnects, tryHonestly } from "#simulator/mqtt/honest-tries.ts";
import type { Session } from "#simulator/mqtt/session.ts";

const id = "mqtt.connect-flood";
/** A flood connection that has no answer by then is given up. */
const answerWithinMs = 5_000;

const parameters = z.strictObject({
  connections: count({ atLeast: 10, atMost: 2_000 }).default(200).describe("connections to open and hold"),
  perSecond: count({ atLeast: 10, atMost: 2_000 }).default(200).describe("new connections a second"),
  holds: duration({ atLeast: "1s", atMost: "60s" }).prefault("2s").describe("how long to hold them, at least"),
});

export const connectFlood = defineAttack({
  id,
  title: "Take every place that the broker has with complete connects",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `Opens 200 complete sessions at 200 a second with the intruder's valid credentials, each under a client id of its own,
and holds them for 2 s. Where there is no intruder identity it connects without credentials, as far as that is let in.
Never more than the scope allows. While they are held the victim connects ${honestTries} times from another address, and sends a PINGREQ.
honest-clients-connect-during-flood passes when all ${honestTries} were served within ${honestWaitMs / 1_000} s for each answer. How much of the flood
the broker let in does not matter to the verdict; the numbers are in its sentence.
A try without an answer counts against the broker only when the victim was served before and after the flood.`,
  references: {
    cwe: ["CWE-400", "CWE-770"],
    attack: ["T1499.002", "T0814"],
    owasp: ["I2"],
    clauses: ["MQTT 5.0 §5.4.8", "EN 303 645 5.9-1"],
  },
  parameters,
  needs: ["victim"],
  strains: true,
  atMostMs: ({ connections, perSecond, holds }) =>
    (connections * 1_000) / perSecond + answerWithinMs + holds + (honestTries + 6) * 2 * honestWaitMs,

  control: (bench, ground) => expectServed(bench, ground.at, ground.identities.victim, "before the flood"),

  async launch(bench, ground, { connections, perSecond, holds }) {
    const { at, identities } = ground;
    const most = Math.min(connections, at.maxConnections - 1);
    await using flood = await openFlood(bench, ground, most, Math.min(perSecond, at.maxRatePerSecond));
    const heldUntilMs = bench.clock.nowMs() + holds;
    noteHeld(bench, flood, most);
    if (identities.victim) {
      await tryHonestly(bench, at, identities.victim, { count: honestTries, everyMs: holds / honestTries });
    }
    await bench.clock.sleep(Math.max(0, heldUntilMs - bench.clock.nowMs()), bench.signal);
    noteHeld(bench, flood, most);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground.at, ground.identities.victim, "after the flood"),

  checks: [
    {
      id: "honest-clients-connect-during-flood",
      asks: "Can honest clients connect while somebody with one valid account floods the broker with connects?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Limit connections per account and per source, so that one of them cannot use up the limit that all share: bind the client id to the account (Mosquitto: use_username_as_clientid), or limit at the load balancer. Then run this again: all eleven honest connects must be served.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "honest-clients-connect-during-flood",
      loosen: { where: "broker", knob: "maxConnectionsPerAccount", value: 0 },
      both: {
        broker: { clientIds: "free", maxConnections: 150, connectsPerSecondPerSource: 0, maxPendingPerSource: 0 },
      },
    },
  ],
});

/** Sessions of a flood that were admitted, and what became of the others. */
interface Flood extends AsyncDisposable {
  readonly sessions: readonly Session[];
  /** How often each refusal was heard: `CONNACK 5`, `closed`. */
  readonly refusals: { readonly [code: string]: number };
  readonly unanswered: number;
}

async function openFlood(bench: Bench, { at, identities }: Ground, most: number, perSecond: number): Promise<Flood> {
  const from = attackerSource(at);
  const sessions: Session[] = [];
  const refusals: { [code: string]: number } = {};
  const broken: LabError[] = [];
  let unanswered = 0;
  const startedMs = bench.clock.nowMs();
  const open = async (n: number) => {
    const how = { withinMs: answerWithinMs, ...(from && { from }) };
    try {
      sessions.push(await connect(bench, at, floodIdentity(identities.intruder, n), how));
    } catch (error) {
      if (error instanceof LabError) broken.push(error);
      else if (error instanceof Refused) refusals[error.code] = (refusals[error.code] ?? 0) + 1;
      else unanswered += 1;
    }
  };
  const opening: Promise<void>[] = [];
  for (let n = 0; n < most && !bench.signal.aborted; n += 1) {
    const dueMs = startedMs + (n * 1_000) / perSecond;
    if (dueMs > bench.clock.nowMs()) await bench.clock.sleep(dueMs - bench.clock.nowMs(), bench.signal);
    opening.push(open(n));
  }
  await Promise.all(opening);
  if (broken[0]) throw broken[0];
  const close = () => Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
  return { sessions, refusals, unanswered, [Symbol.asyncDispose]: async () => void (await close()) };
}

function floodIdentity(intruder: Identity | undefined, n: number): Identity {
  return intruder ? { ...intruder, clientId: `${intruder.clientId}-${n}` } : { clientId: `flood-${n}` };
}

function noteHeld({ observe }: Bench, { sessions, refusals, unanswered }: Flood, asked: number): void {
  const held = sessions.filter(({ isOpen }) => isOpen);
  const wire = held[0]?.reference;
  observe.note("flood.held", { asked, admitted: sessions.length, held: held.length, refusals, unanswered }, wire);
}

function judge(launch: Launch): Answer {
  const notes = notesOf(launch.during.attack, "flood.held");
  // The last one: what the broker let in and then ended was not held.
  const counts = notes.at(-1)?.detail;
  const held = `${textOf(counts, "held")} of ${textOf(counts, "asked")}`;
  const answer = judgeHonestConnects(launch, `${held} connections of a flood were held`);
  return { ...answer, evidence: [...notes.map(({ seq }) => seq), ...answer.evidence] };
}
