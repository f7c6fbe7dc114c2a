import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";
import { deliveriesOf, watchDelivery } from "#simulator/mqtt/delivery.ts";
import { mustEcho } from "#simulator/mqtt/echo.ts";
import { type HonestClient, honestClient } from "#simulator/mqtt/honest-client.ts";
import type { Session } from "#simulator/mqtt/session.ts";
import { leaksIn } from "#simulator/mqtt/system-topics.ts";
import { matches } from "#simulator/mqtt/topic-filter.ts";

const id = "mqtt.topic-snoop";
const answerWithinMs = 2_000;
const systemTopics = "$SYS/#";
/** Once a canary is known to get through, it comes at once or not at all by one filter. */
const mostPerFilterMs = 400;

export const topicSnoop = defineAttack({
  id,
  title: "Listen to other devices, and to what the broker says about itself",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `A device with a valid identity of its own subscribes to #, +/#, /#, the victim's telemetry with every level a plus, with
only its name a plus, and by its exact name, and to $SYS/#; the operator then publishes a canary on the victim's
telemetry, and the victim connects. SUBACK is not believed: what counts is whether the canary arrives. Where it does,
each filter is tried again alone, with a canary of its own.
neighbours-are-not-readable passes where nothing arrived while the operator itself, in the same window, did get the
canary and the intruder got one on its own topic.
system-topics-reveal-nothing fails where $SYS named client ids or addresses of others, or the exact version of the
broker; counters are no leak.
The control: intruder and operator each get a canary back on a topic that they may use.`,
  references: {
    cwe: ["CWE-862", "CWE-639", "CWE-200", "CWE-497"],
    attack: ["T1040", "T1119", "T1592", "T0802", "T0861"],
    owasp: ["I3", "I6"],
    clauses: ["MQTT 5.0 §5.4.2", "MQTT-4.7.2-1"],
  },
  parameters: z.strictObject({
    filters: z
      .array(z.string().min(1).max(500))
      .min(1)
      .max(12)
      .optional()
      .describe("filters to subscribe to instead of the usual six"),
    window: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("1500ms")
      .describe("how long a canary is waited for"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: false,
  atMostMs: ({ filters = usual, window }) => 4 * window + filters.length * 3_000 + 15_000,

  async control(bench, { at, identities }, { window }) {
    const intruder = needed(identities.intruder);
    await mustEcho(bench, at, intruder, intruder.topics.telemetry, window);
    await mustEcho(bench, at, needed(identities.operator), needed(identities.victim).topics.telemetry, window);
  },

  async launch(bench, ground, { filters, window }) {
    const victim = needed(ground.identities.victim);
    await using commander = await honestClient(bench, ground.at, needed(ground.identities.operator));
    await commander.subscribe(victim.topics.telemetry);
    const listened = filters ?? filtersFor(victim);
    if (!(await listenToAll(bench, ground, commander, listened, window))) return;
    for (const filter of listened.filter((one) => matches(one, victim.topics.telemetry))) {
      await listenTo(bench, ground, commander, filter, Math.min(window, mostPerFilterMs));
    }
  },

  async recovery(bench, { at, identities }) {
    if (!(await serves(bench, at, needed(identities.operator), answerWithinMs))) {
      throw new Error("the operator is not served");
    }
  },

  checks: [
    {
      id: "neighbours-are-not-readable",
      asks: "Is what a device reports hidden from every other device?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "Allow each device only its own topics, tied to its authenticated name (Mosquitto: `pattern readwrite devices/%u/#`), and nobody but the operator a wildcard over all. Then run this again: no canary may reach the intruder.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeNeighbours),
    },
    {
      id: "system-topics-reveal-nothing",
      asks: "Does the broker keep to itself who is connected and exactly which software it runs?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "Let only the operator read $SYS/# (Mosquitto with an access list denies it to all whom no rule allows it), or turn it off. Then run this again: neither client ids, addresses nor the exact version may arrive.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSystemTopics),
    },
  ],
  twins: [
    { kills: "neighbours-are-not-readable", loosen: { where: "broker", knob: "authorization", value: "open" } },
    { kills: "system-topics-reveal-nothing", loosen: { where: "broker", knob: "systemTopics", value: "open" } },
  ],
});

const usual = ["#", "+/#", "/#", "every level a plus", "its name a plus", "its exact name"];

function filtersFor({ clientId, topics: { telemetry } }: DeviceIdentity): readonly string[] {
  const levels = telemetry.split("/");
  const anyLevels = levels.map(() => "+").join("/");
  const anyName = levels.map((level) => (level === clientId ? "+" : level)).join("/");
  return [...new Set(["#", "+/#", "/#", anyLevels, anyName, telemetry])];
}

function enter(bench: Bench, { at, identities }: Ground): Promise<Session> {
  return connect(bench, at, needed(identities.intruder), { from: attackerSource(at), withinMs: answerWithinMs });
}

/** Subscribes to everything on one connection, and tells whether the victim's canary came by any of it. */
async function listenToAll(
  bench: Bench,
  ground: Ground,
  commander: HonestClient,
  filters: readonly string[],
  windowMs: number,
): Promise<boolean> {
  const { intruder, victim, operator, devices } = ground.identities;
  const own = needed(intruder).topics.telemetry;
  await using session = await subscribedTo(bench, ground, [own, ...filters, systemTopics]);
  const [echo, secret] = [canary(bench), canary(bench)];
  await session.publish(own, JSON.stringify({ canary: echo }));
  // Somebody comes in while the intruder listens: some brokers tell it on $SYS.
  await using _arrival = await honestClient(bench, ground.at, needed(victim));
  await commander.publish(needed(victim).topics.telemetry, JSON.stringify({ seq: 0, canary: secret }));
  const [snooped] = await Promise.all([
    watchDelivery(bench, session, secret, windowMs, { to: "intruder", by: "all filters" }),
    watchDelivery(bench, session, echo, windowMs, { to: "intruder", by: "its own topic" }),
    watchDelivery(bench, commander, secret, windowMs, { to: "operator" }),
  ]);
  const others = [needed(victim), needed(operator), ...devices].map(({ clientId }) => clientId);
  bench.observe.note("system-topics", leaksIn(session.messages, others), session.reference);
  return snooped;
}

/**
 * One session that holds every subscription which does not make the broker close the connection; those that do are
 * tried once each.
 */
async function subscribedTo(bench: Bench, ground: Ground, filters: readonly string[]): Promise<Session> {
  let session = await enter(bench, ground);
  const held: string[] = [];
  for (const filter of filters) {
    if (!session.isOpen) {
      session = await enter(bench, ground);
      if (held.length > 0) await session.subscribe(held);
    }
    await trySubscribe(bench, ground, session, filter);
    if (session.isOpen) held.push(filter);
  }
  if (session.isOpen) return session;
  session = await enter(bench, ground);
  await session.subscribe(held);
  return session;
}

/** `aimed` tells that the filter matches the victim's telemetry, so that it is a way to the goal. */
async function trySubscribe(bench: Bench, { identities }: Ground, session: Session, filter: string): Promise<void> {
  const aimed = matches(filter, needed(identities.victim).topics.telemetry);
  await bench.observe.attempt("subscribe", { filter, aimed }, async (trace) => {
    trace.wire(session.reference);
    const [code] = await session.subscribe([filter]);
    if (code !== undefined && code >= 0x80) throw new Refused(`SUBACK ${code}`, `${filter} was denied`);
  });
}

/** One filter alone, with a canary of its own. */
async function listenTo(
  bench: Bench,
  ground: Ground,
  commander: HonestClient,
  filter: string,
  windowMs: number,
): Promise<void> {
  await using session = await enter(bench, ground);
  await trySubscribe(bench, ground, session, filter);
  const secret = canary(bench);
  await commander.publish(
    needed(ground.identities.victim).topics.telemetry,
    JSON.stringify({ seq: 0, canary: secret }),
  );
  await watchDelivery(bench, session, secret, windowMs, { to: "intruder", by: filter });
}

function judgeNeighbours({ during: { attack } }: Launch): Answer {
  const [byAll] = deliveriesOf(attack, { to: "intruder", by: "all filters" });
  const [own] = deliveriesOf(attack, { to: "intruder", by: "its own topic" });
  const [witness] = deliveriesOf(attack, { to: "operator" });
  const tries = attemptsOf(attack, "subscribe");
  const aimed = tries.filter(({ began }) => fieldOf(began.detail, "aimed") === true);
  const total = new Set(aimed.map(({ began }) => textOf(began.detail, "filter"))).size;
  if (byAll === undefined || total === 0) {
    const says = "nobody listened with a filter that matches the victim's telemetry";
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf) };
  }
  if (byAll.delivered) {
    const alone = deliveriesOf(attack, { to: "intruder" }).filter(
      ({ delivered, detail }) => delivered && detail["by"] !== "all filters" && detail["by"] !== "its own topic",
    );
    const by = alone.length > 0 ? ` by ${alone.map(({ detail }) => textOf(detail, "by")).join(", ")}` : "";
    const lost = Math.max(1, alone.length);
    return {
      verdict: "fail",
      says: `another device read the victim's telemetry${by}`,
      evidence: [byAll.seq, ...alone.map(({ seq }) => seq)],
      measure: { kind: "graded", total, survived: total - lost, lost },
    };
  }
  if (witness?.delivered !== true || own?.delivered !== true) {
    const silent =
      own?.delivered === true ? "the operator did not get the canary either" : "the intruder got nothing at all";
    return { verdict: "inconclusive", says: `${silent}, so silence says nothing`, evidence: [(witness ?? byAll).seq] };
  }
  const unanswered = tries.filter(({ phase }) => phase === "unknown");
  if (unanswered.length > 0) {
    const says = `${unanswered.length} of ${tries.length} subscriptions got no answer`;
    return { verdict: "inconclusive", says, evidence: unanswered.map(seqOf) };
  }
  return {
    verdict: "pass",
    says: `none of ${total} filters delivered the victim's telemetry to another device`,
    evidence: [byAll.seq, own.seq, witness.seq],
    measure: { kind: "graded", total, survived: total, lost: 0 },
  };
}

function judgeSystemTopics({ during: { attack } }: Launch): Answer {
  const [leaks] = notesOf(attack, "system-topics");
  const [own] = deliveriesOf(attack, { to: "intruder", by: "its own topic" });
  if (leaks === undefined) return { verdict: "inconclusive", says: "nobody listened to $SYS", evidence: [] };
  const found = (["clientIds", "addresses", "versions"] as const).map((kind) => {
    const examples = fieldOf(leaks.detail, kind);
    return Array.isArray(examples) ? examples.join(", ") : "";
  });
  const [clientIds = "", addresses = "", versions = ""] = found;
  const says = [
    ...(clientIds === "" ? [] : [`client ids of others (${clientIds})`]),
    ...(addresses === "" ? [] : [`addresses (${addresses})`]),
    ...(versions === "" ? [] : [`the exact version of the broker (${versions})`]),
  ];
  const total = 2;
  const lost = (clientIds + addresses === "" ? 0 : 1) + (versions === "" ? 0 : 1);
  const measure = { kind: "graded", total, survived: total - lost, lost } as const;
  if (lost > 0) {
    return { verdict: "fail", says: `a device read on $SYS: ${says.join("; ")}`, evidence: [leaks.seq], measure };
  }
  if (own?.delivered !== true) {
    return {
      verdict: "inconclusive",
      says: "the intruder got nothing at all, not even its own",
      evidence: [leaks.seq],
    };
  }
  const messages = textOf(leaks.detail, "messages");
  return {
    verdict: "pass",
    says: messages === "0" ? "$SYS told a device nothing" : `${messages} messages on $SYS held nothing but counters`,
    evidence: [leaks.seq, own.seq],
    measure,
  };
}
