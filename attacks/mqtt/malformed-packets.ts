import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench, Trace } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { LabError, Refused } from "#contract/errors.ts";
import type { DeviceIdentity, Identity } from "#contract/identity.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import type { RunRecord } from "#contract/record.ts";
import { attackerSource, type ConnectAs, connect, dial, serves } from "#simulator/mqtt/client.ts";
import type { Connection } from "#simulator/mqtt/connection.ts";
import { expectServed } from "#simulator/mqtt/honest-tries.ts";
import { segmentsOf } from "#simulator/mqtt/packet-vector.ts";
import type { Session } from "#simulator/mqtt/session.ts";
import table from "./malformed-packets.json" with { type: "json" };

const id = "mqtt.malformed-packets";

/**
 * `close`: must end the connection, a negative CONNACK included. `reject`: the same, or a SUBACK that refuses.
 * `accept`: valid, shows that closing is not the answer to everything. `accept-or-deny`: valid, but the broker may have
 * reasons of its own to refuse it; recorded only.
 *
 * The thirty that are `chosen`: protocol level 4, in a packet that every client sends (CONNECT, PUBLISH, SUBSCRIBE, and
 * what follows a DISCONNECT), a field that cannot be what it claims to be or a packet out of order, one for each clause
 * and packet; and the three valid ones.
 */
const vectorSchema = z.strictObject({
  id: z.string(),
  level: z.literal([4, 5]),
  opensWith: z.enum(["nothing", "connect"]),
  fill: z.enum(["as-is", "credentials", "own-topic"]),
  write: z.enum(["apart", "at-once", "bytewise"]),
  send: z.array(z.string().regex(/^([0-9a-f]{2})+$/)),
  expect: z.enum(["close", "reject", "accept", "accept-or-deny"]),
  clause: z.string(),
  what: z.string(),
  chosen: z.boolean(),
});
type Vector = z.output<typeof vectorSchema>;

const vectors: readonly Vector[] = z.array(vectorSchema).parse(table);

const parameters = z.strictObject({
  vectors: z
    .union([z.enum(["thirty", "all"]), z.array(z.enum(vectors.map((vector) => vector.id))).min(1)])
    .default("thirty")
    .describe("which packets to send: thirty, all, or a list of their ids"),
  closeWithin: duration({ atLeast: "500ms", atMost: "10s" })
    .prefault("3s")
    .describe("when a malformed packet must have ended the connection"),
});

const aliveWithinMs = 2_000;
/** A strict broker has closed by then; only where it has not, a PINGREQ asks whether the session lives on. */
const promptMs = 50;
/** Slow enough that a limit on new connections is not mistaken for a strict parser. */
const paceMs = 50;
const pausesMs = [300, 1_000];
/** How often the bystander is asked whether it is still served. */
const askEveryMs = 500;

export const malformedPackets = defineAttack({
  id,
  title: "Send packets that break the rules of MQTT",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `Sends thirty packets from ${vectors.length} (parameter vectors: thirty, all, or ids), each on a connection of its own, one after the other, about
20 a second. The thirty are those of MQTT 3.1.1 in which a length, a string, an identifier, a type or a QoS cannot be what it
claims to be, a topic or filter is forbidden, or a packet is out of order, one for each clause and packet; three are valid and
must not be refused, or closing proves nothing. "all" adds leniencies that do little harm (PINGREQ with a body, acknowledgements from
a client, DUP at QoS 0) and MQTT 5 where the broker speaks it. A broker can be sound and still fail some of "all": Mosquitto 2.0.11 does.
CONNECT packets carry the intruder's id, user name and password unless the flaw lies in just that field, so that a broker does not
refuse them for want of credentials; PUBLISH and SUBSCRIBE use a topic of the intruder's own under the same condition. Where the flaw is in
the client id or topic itself, a broker may refuse it for another reason, and that counts as refused.
malformed-packets-end-the-connection: after each packet the broker must close, or answer a CONNECT or SUBSCRIBE with a refusal, within closeWithin.
A CONNACK 0, a PINGRESP, or a connection that is still open then, shows that it was let through.
malformed-packets-are-survived: a session of the victim, opened before, must outlive all of it and still get a PINGRESP, and a fresh
client must be served. It does not see what a broker stored.`,
  references: {
    cwe: ["CWE-20", "CWE-158", "CWE-176", "CWE-248", "CWE-1284", "CWE-1286"],
    cve: ["CVE-2021-28166", "CVE-2021-34432"],
    attack: ["T1499.004", "T0819"],
    owasp: ["I5"],
    clauses: ["MQTT-4.8.0-1", "MQTT-4.13.1-1"],
  },
  parameters,
  needs: ["intruder", "victim"],
  strains: true,
  atMostMs: (given) => chosenOf(given.vectors).length * (given.closeWithin + 250) + 30_000,

  async control(bench, ground) {
    const { at } = ground;
    const { intruder, victim } = rolesOf(ground);
    await expectServed(bench, at, victim, "before anything was sent");
    await using session = await connect(bench, at, intruder, { withinMs: aliveWithinMs, ...fromAttacker(ground) });
    if (!(await session.ping(aliveWithinMs))) throw new Error("the intruder gets no PINGRESP");
  },

  async launch(bench, ground, given) {
    const { intruder, victim } = rolesOf(ground);
    const asked = chosenOf(given.vectors);
    const spoken = asked.some(({ level }) => level === 5) && (await speaksLevel5(bench, ground));
    const planned = inOrder(asked.filter(({ level }) => level === 4 || spoken));
    bench.observe.note("vectors", {
      planned: planned.map((vector) => vector.id),
      leftOut: asked.length - planned.length,
    });
    await using bystander = await connect(bench, ground.at, victim, { withinMs: aliveWithinMs });
    let askedAtMs = bench.clock.nowMs();
    for (const vector of planned) {
      bench.signal.throwIfAborted();
      const nextAtMs = bench.clock.nowMs() + Math.max(paceMs, 1_000 / ground.at.maxRatePerSecond);
      await provoke(bench, ground, intruder, vector, given.closeWithin);
      const due = bench.clock.nowMs() - askedAtMs >= askEveryMs || vector === planned.at(-1);
      if (due || !bystander.isOpen) {
        askedAtMs = bench.clock.nowMs();
        if (!(await stillServed(bench, bystander, vector))) return newcomerServed(bench, ground, victim, vector);
      }
      await bench.clock.sleep(Math.max(0, nextAtMs - bench.clock.nowMs()), bench.signal);
    }
  },

  async recovery(bench, ground) {
    await expectServed(bench, ground.at, ground.identities.victim, "after the packets");
  },

  checks: [
    {
      id: "malformed-packets-are-survived",
      asks: "Does the broker go on serving others while somebody sends it malformed packets?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Update the broker; report the packet named here to its makers if the newest version still dies of it. Then run this again with just that packet: vectors: [its id].",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => nothingToSend(launch) ?? judgeSurvival(launch, record)),
    },
    {
      id: "malformed-packets-end-the-connection",
      asks: "Does every malformed packet end the connection that it came on?",
      covers: "P3.1/malformed-input-tolerated",
      remedy:
        "Use a broker, or a setting of it, that checks packets strictly: lengths, UTF-8 without NUL, identifiers, flags, QoS, topics and filters, before it acts on them. Then run this again: each packet named here must end its connection.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => nothingToSend(launch) ?? judgeStrictness(launch)),
    },
  ],
  twins: [
    {
      kills: "malformed-packets-are-survived",
      loosen: { where: "broker", knob: "parsing", value: "fragile" },
      both: { broker: { connectsPerSecondPerSource: 0 } },
    },
    {
      kills: "malformed-packets-end-the-connection",
      loosen: { where: "broker", knob: "parsing", value: "lenient" },
      both: { broker: { connectsPerSecondPerSource: 0 } },
    },
  ],
});

function chosenOf(asked: z.output<typeof parameters>["vectors"]): readonly Vector[] {
  if (asked === "all") return vectors;
  if (asked === "thirty") return vectors.filter(({ chosen }) => chosen);
  return vectors.filter((vector) => asked.includes(vector.id));
}

/** Those without a session first, then the valid ones: were it a limit that refused the first, it refuses these, too. */
function inOrder(chosen: readonly Vector[]): readonly Vector[] {
  const rank = ({ opensWith, expect }: Vector) => (opensWith === "nothing" ? 0 : expect === "accept" ? 1 : 2);
  return chosen.toSorted((one, other) => rank(one) - rank(other));
}

function rolesOf({ identities: { intruder, victim } }: Ground): {
  readonly intruder: DeviceIdentity;
  readonly victim: DeviceIdentity;
} {
  if (intruder && victim) return { intruder, victim };
  throw new Error("there are no identities of an intruder and a victim to connect with");
}

function fromAttacker({ at }: Ground): { readonly from?: string } {
  const from = attackerSource(at);
  return from === undefined ? {} : { from };
}

async function speaksLevel5(bench: Bench, ground: Ground): Promise<boolean> {
  if (ground.facts.protocolLevels) return ground.facts.protocolLevels.includes(5);
  const { intruder } = rolesOf(ground);
  const how = { withinMs: aliveWithinMs, ...fromAttacker(ground) };
  const tried = await bench.observe.attempt("mqtt.connect", { level: 5 }, async () => {
    await using _session = await connect(bench, ground.at, { ...intruder, level: 5 }, how);
  });
  return tried.phase === "ok";
}

/** One attempt at `vector`: refused where it ended the connection or was refused, ok where it was let through. */
async function provoke(
  bench: Bench,
  ground: Ground,
  intruder: DeviceIdentity,
  vector: Vector,
  closeWithinMs: number,
): Promise<void> {
  const { id: name, what, clause, expect, level } = vector;
  const segments = segmentsOf(vector, intruder, ownTopic(vector, intruder));
  await bench.observe.attempt("vector", { id: name, what, clause, expect, level }, async (trace) => {
    if (vector.opensWith === "nothing") return provokeFirst(bench, ground, segments, closeWithinMs, trace);
    // The valid ones show that no limit on connections was at work, so they must come in at the first try.
    const pauses = expect === "accept" ? [] : pausesMs;
    await using session = await connectedFirst(bench, ground, { ...intruder, level }, pauses);
    const { connection } = session;
    await send(bench, connection, segments, trace);
    await Promise.race([connection.ended, bench.clock.sleep(promptMs, bench.signal)]);
    const answered = await session.ping(closeWithinMs - promptMs);
    throwIfEnded(connection);
    if (expect === "reject" && refusesSubscription(connection)) throw new Refused("SUBACK", "refused by SUBACK");
    trace.detail({ answered });
  });
}

async function provokeFirst(
  bench: Bench,
  ground: Ground,
  segments: readonly Uint8Array[],
  closeWithinMs: number,
  trace: Trace,
): Promise<void> {
  const how = { timeoutMs: aliveWithinMs, ...fromAttacker(ground) };
  await using connection = await dial(bench, ground.at, how).catch(neverSent);
  await send(bench, connection, segments, trace);
  const code = await connection.until(() => connackCode(connection.received), closeWithinMs);
  if (code !== undefined && code !== 0) throw new Refused(`CONNACK ${code}`, "refused by CONNACK");
  if (code === undefined) throwIfEnded(connection);
  trace.detail({ answered: code === 0 });
}

/** The fourth byte: flags and code of a CONNACK lie there in every version, its properties behind them. */
function connackCode(received: Uint8Array): number | undefined {
  return received[0] === 0x20 ? received[3] : undefined;
}

/** Refused where the broker ended the connection; unknown where we did, because the attack was told to stop. */
function throwIfEnded({ ending }: Connection): void {
  if (ending?.by === "them") throw new Refused("closed", `the broker ended the connection (${ending.how})`);
  if (ending) throw new Error("the attack was told to stop");
}

function refusesSubscription({ packets }: Connection): boolean {
  const suback = packets.find((packet) => packet.cmd === "suback");
  return suback?.granted.every((code) => typeof code === "number" && code >= 0x80) ?? false;
}

function ownTopic({ send: [first = ""] }: Vector, { topics }: DeviceIdentity): string {
  const publishes = first.startsWith("3") || first.startsWith("e0");
  return publishes ? topics.telemetry : topics.command;
}

async function send(bench: Bench, to: Connection, segments: readonly Uint8Array[], trace: Trace): Promise<void> {
  trace.wire(to.reference);
  for (const segment of segments) {
    if (!to.isOpen) return;
    to.send(segment);
    if (segments.length > 1) await bench.clock.sleep(2, bench.signal);
  }
}

/** A session of the intruder; tried again after pauses, where a limit on new connections may have refused it. */
async function connectedFirst(
  bench: Bench,
  ground: Ground,
  who: ConnectAs,
  pauses: readonly number[],
): Promise<Session> {
  const how = { withinMs: aliveWithinMs, ...fromAttacker(ground) };
  for (const pauseMs of pauses) {
    try {
      return await connect(bench, ground.at, who, how);
    } catch (cause) {
      if (cause instanceof LabError) throw cause;
      await bench.clock.sleep(pauseMs, bench.signal);
    }
  }
  return connect(bench, ground.at, who, how).catch(neverSent);
}

/** What was refused here was not the packet. */
function neverSent(cause: unknown): never {
  if (cause instanceof LabError) throw cause;
  throw new Error("the intruder was not let in, so the packet could not be sent", { cause });
}

/** One attempt at `bystander`: refused where its session was ended, unknown where it is open and silent. */
async function stillServed({ observe }: Bench, bystander: Session, { id: after }: Vector): Promise<boolean> {
  const seen = await observe.attempt("bystander", { after }, async (trace) => {
    trace.wire(bystander.reference);
    if (bystander.isOpen && (await bystander.ping(aliveWithinMs))) return;
    throwIfEnded(bystander.connection);
    throw new Error(`no PINGRESP within ${aliveWithinMs} ms`);
  });
  return seen.phase === "ok";
}

async function newcomerServed(bench: Bench, { at }: Ground, victim: Identity, { id: after }: Vector): Promise<void> {
  await bench.observe.attempt("newcomer", { after }, async () => {
    if (!(await serves(bench, at, victim, aliveWithinMs))) throw new Error("three fresh connects were not served");
  });
}

const plannedNote = z.object({ planned: z.array(z.string()), leftOut: z.number() });

function planOf({ during }: Launch): z.output<typeof plannedNote> {
  const plan = plannedNote.safeParse(notesOf(during.attack, "vectors")[0]?.detail);
  return plan.success ? plan.data : { planned: [], leftOut: 0 };
}

/** Where only packets of MQTT 5 were asked for, and the broker does not speak it. */
function nothingToSend(launch: Launch): Answer | undefined {
  const { planned, leftOut } = planOf(launch);
  if (planned.length > 0 || leftOut === 0) return undefined;
  const says = `the broker does not speak MQTT 5, to which all ${leftOut} packets belong`;
  return { verdict: "not-applicable", says, evidence: notesOf(launch.during.attack, "vectors").map(({ seq }) => seq) };
}

function judgeSurvival({ during, launch, recovery }: Launch, record: RunRecord): Answer {
  const sent = attemptsOf(during.attack, "vector");
  const unsent = sent.filter(({ phase }) => phase === "unknown");
  const bystanders = attemptsOf(during.attack, "bystander");
  const harmed = bystanders.find(({ phase }) => phase !== "ok");
  if (harmed) {
    const [newcomer] = attemptsOf(during.attack, "newcomer");
    const crash = crashOf(record, launch, recovery);
    const evidence = [seqOf(harmed), ...(newcomer ? [seqOf(newcomer)] : []), ...(crash ? [crash.seq] : [])];
    const lost = `after ${textOf(harmed.began.detail, "after")} the session of an innocent client`;
    const then = newcomer?.phase === "ok" ? "a fresh client was served again" : "a fresh client was not served";
    const ended = crash ? `, the broker had ended (${crash.action})` : "";
    if (harmed.phase === "refused") return { verdict: "fail", says: `${lost} was gone; ${then}${ended}`, evidence };
    if (newcomer?.phase === "unknown" || crash) {
      return { verdict: "fail", says: `${lost} got no answer any more, and ${then}${ended}`, evidence };
    }
    return { verdict: "inconclusive", says: `${lost} got no answer in time, but ${then}`, evidence };
  }
  const evidence = bystanders.map(seqOf);
  if (sent.length === 0 || bystanders.length === 0 || unsent.length > 0) {
    const says = `${unsent.length} of ${sent.length} packets could not be sent; nobody was harmed by the others`;
    return { verdict: "inconclusive", says, evidence: [...evidence, ...unsent.map(seqOf)] };
  }
  const says = `an innocent client's session outlived all ${sent.length} packets and was still answered`;
  return { verdict: "pass", says, evidence };
}

/** What the target itself said about its end between the launch and the end of the recovery. */
function crashOf({ history }: RunRecord, launch: Launch["launch"], recovery: Launch["recovery"]) {
  const from = launch?.began.seq ?? Number.POSITIVE_INFINITY;
  const to = recovery?.ended?.seq ?? Number.POSITIVE_INFINITY;
  const between = history.filter(({ seq, actor }) => seq > from && seq < to && actor.startsWith("target:"));
  return [...notesOf(between, "exited"), ...notesOf(between, "broker.crashed")][0];
}

function judgeStrictness(launch: Launch): Answer {
  const { planned: names, leftOut } = planOf(launch);
  const planned = names.length;
  const sent = attemptsOf(launch.during.attack, "vector");
  const malformed = sent.filter((one) => ["close", "reject"].includes(textOf(one.began.detail, "expect")));
  const tolerated = malformed.filter(({ phase }) => phase === "ok");
  const refused = malformed.filter(({ phase }) => phase === "refused");
  const valid = sent.filter((one) => textOf(one.began.detail, "expect") === "accept");
  const spurned = valid.filter(({ phase }) => phase === "refused");
  const unsent = sent.filter(({ phase }) => phase === "unknown");
  const trials = { planned, run: sent.length - unsent.length, passed: refused.length };
  if (tolerated.length > 0) {
    const says = `${tolerated.length} of ${malformed.length} malformed packets were let through: ${named(tolerated)}`;
    return { verdict: "fail", says, evidence: tolerated.map(seqOf), trials };
  }
  if (spurned.length > 0) {
    const says = `valid packets ended the connection as well (${named(spurned)}), so that malformed ones do proves nothing`;
    return { verdict: "inconclusive", says, evidence: spurned.map(seqOf), trials };
  }
  if (malformed.length === 0 || unsent.length > 0 || sent.length < planned) {
    const says = `only ${sent.length - unsent.length} of ${planned} packets could be sent; of those that were, none was let through`;
    return { verdict: "inconclusive", says, evidence: [...unsent, ...refused].map(seqOf), trials };
  }
  const left = leftOut > 0 ? `; ${leftOut} of MQTT 5 were left out` : "";
  const says = `all ${malformed.length} malformed packets ended their connection, ${valid.length} valid ones did not${left}`;
  return { verdict: "pass", says, evidence: [...refused, ...valid].map(seqOf), trials };
}

function named(sent: readonly Attempted[]): string {
  const names = sent.map(({ began: { detail } }) => {
    return `${textOf(detail, "id")}, ${textOf(detail, "what")} (${textOf(detail, "clause")})`;
  });
  const more = names.length > 5 ? `; and ${names.length - 5} more` : "";
  return `${names.slice(0, 5).join("; ")}${more}`;
}
