import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { attackerSource, type ConnectAs, connect, serves } from "#simulator/mqtt/client.ts";
import { deliveriesOf, watchDelivery } from "#simulator/mqtt/delivery.ts";
import { mustEcho } from "#simulator/mqtt/echo.ts";
import { type HonestClient, honestClient } from "#simulator/mqtt/honest-client.ts";
import type { Session } from "#simulator/mqtt/session.ts";

const id = "mqtt.anonymous-connect";
const answerWithinMs = 2_000;

/** What a stranger presents. */
type Variant = "no credentials" | "no credentials (MQTT 5)" | "empty client id" | "invented credentials";

interface Stranger {
  readonly variant: Variant;
  readonly as: ConnectAs;
}

export const anonymousConnect = defineAttack({
  id,
  title: "Connect as a stranger: without credentials, or with invented ones",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `Sends four CONNECT packets that no broker has to accept: without credentials in MQTT 3.1.1 and (unless the target
is known not to speak it) in MQTT 5, with an empty client id, and with a random user name and password.
Whoever is admitted subscribes to a random topic and to a device topic of its own and publishes a canary on each, then
subscribes to the victim's telemetry, where the operator publishes a canary.
strangers-are-refused fails where a canary reached a stranger; admission without rights is inconclusive; it passes where
all were heard to be refused.
unknown-identities-are-refused fails where invented credentials were admitted, or where a nameless stranger got service
on a device topic of its own.
The control is a legitimate client that gets its own canary back.`,
  references: {
    cwe: ["CWE-306", "CWE-1188"],
    attack: ["T1078", "T1133", "T0883"],
    owasp: ["I1", "I9"],
    clauses: ["MQTT 5.0 §3.1.4", "MQTT 5.0 §5.4.1"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("1500ms")
      .describe("how long a canary is waited for"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ window }) => 4 * window + 15_000,

  async control(bench, { at, identities }, { window }) {
    const legitimate = identities.operator ?? identities.intruder;
    if (legitimate === undefined) return mustAnswer(bench, { at });
    const topic = identities.intruder?.topics.telemetry ?? `seatrial/${bench.random.hex(8)}`;
    await mustEcho(bench, at, legitimate, topic, window);
  },

  async launch(bench, ground, { window }) {
    const { operator } = ground.identities;
    await using commander = operator && (await honestClient(bench, ground.at, operator));
    const speaksFive = ground.facts.protocolLevels?.includes(5) ?? true;
    await Promise.all(
      strangers(bench, speaksFive).map((stranger) => intrude(bench, ground, stranger, window, commander)),
    );
  },

  async recovery(bench, { at, identities }) {
    const legitimate = identities.operator ?? identities.intruder;
    if (legitimate === undefined) return mustAnswer(bench, { at });
    if (!(await serves(bench, at, legitimate, answerWithinMs))) throw new Error("a legitimate client is not served");
  },

  checks: [
    {
      id: "strangers-are-refused",
      asks: "Is everybody refused who has no credentials, or only invented ones?",
      covers: "P1.1/closed-by-default",
      remedy:
        "Turn anonymous access off on every listener (Mosquitto: `allow_anonymous false` with a `password_file` or client certificates). Then run this again: every stranger must get CONNACK 5 (MQTT 5: 0x87) or be disconnected.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeStrangers),
    },
    {
      id: "unknown-identities-are-refused",
      asks: "Does a device that nobody enrolled get no service?",
      covers: "P4.3/rogue-rejected",
      remedy:
        "Admit only identities that were enrolled: check user name and secret (or the certificate) of every CONNECT against the list of devices. Then run this again: the invented identity must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeRogue),
    },
  ],
  twins: [
    { kills: "strangers-are-refused", loosen: { where: "broker", knob: "authentication", value: "none" } },
    { kills: "unknown-identities-are-refused", loosen: { where: "broker", knob: "authentication", value: "none" } },
  ],
});

/** Without any identity to succeed with, all that can be shown is that somebody answers a CONNECT. */
async function mustAnswer(bench: Bench, { at }: Pick<Ground, "at">): Promise<void> {
  const clientId = `seatrial-${bench.random.hex(4)}`;
  const heard = await bench.observe.attempt("enter", { variant: "control" }, async (trace) => {
    await using _session = await connect(bench, at, { clientId }, { withinMs: answerWithinMs, trace });
  });
  if (heard.phase === "unknown") throw new Error(`nobody answers a CONNECT: ${heard.error.message}`);
}

/** All of them, with names drawn beforehand, so that the order of the answers does not matter. */
function strangers(bench: Bench, speaksFive: boolean): readonly Stranger[] {
  const name = () => `seatrial-${bench.random.hex(4)}`;
  const invented = name();
  return [
    { variant: "no credentials", as: { clientId: name() } },
    ...(speaksFive ? [{ variant: "no credentials (MQTT 5)", as: { clientId: name(), level: 5 } } as const] : []),
    { variant: "empty client id", as: { clientId: "" } },
    {
      variant: "invented credentials",
      as: { clientId: invented, username: invented, password: bench.random.hex(16) },
    },
  ];
}

async function intrude(
  bench: Bench,
  ground: Ground,
  { variant, as }: Stranger,
  windowMs: number,
  commander: HonestClient | undefined,
): Promise<void> {
  const enter = (action: "enter" | "enter-again") =>
    bench.observe.attempt(action, { variant, level: as.level ?? 4 }, (trace) =>
      connect(bench, ground.at, as, { from: attackerSource(ground.at), withinMs: answerWithinMs, trace }),
    );
  const entered = await enter("enter");
  if (entered.phase !== "ok") return;
  await using sessions = new AsyncDisposableStack();
  let session = sessions.use(entered.value);
  const watches: Promise<boolean>[] = [];
  for (const { goal, topic, by } of goalsOf(bench, ground, as, commander)) {
    // Some brokers end the connection over what they deny; the other goals are tried all the same.
    if (!session.isOpen) {
      const again = await enter("enter-again");
      if (again.phase !== "ok") break;
      session = sessions.use(again.value);
    }
    const secret = canary(bench);
    await trySubscribe(bench, session, variant, topic);
    await (by ?? session).publish(topic, JSON.stringify({ seq: 0, canary: secret }));
    watches.push(watchDelivery(bench, session, secret, windowMs, { variant, goal }));
  }
  await Promise.all(watches);
}

interface Goal {
  readonly goal: "own device topic" | "random topic" | "victim's telemetry";
  readonly topic: string;
  /** Who publishes the canary; the stranger itself where nobody is named. */
  readonly by?: HonestClient;
}

function goalsOf(
  bench: Bench,
  { identities }: Ground,
  { clientId }: ConnectAs,
  commander: HonestClient | undefined,
): readonly Goal[] {
  const telemetry = identities.victim?.topics.telemetry;
  return [
    { goal: "own device topic", topic: `devices/${clientId || bench.random.hex(4)}/telemetry` },
    { goal: "random topic", topic: `seatrial/${bench.random.hex(8)}` },
    ...(telemetry !== undefined && commander !== undefined
      ? [{ goal: "victim's telemetry", topic: telemetry, by: commander } as const]
      : []),
  ];
}

async function trySubscribe(bench: Bench, session: Session, variant: Variant, filter: string): Promise<void> {
  await bench.observe.attempt("subscribe", { variant, filter }, async (trace) => {
    trace.wire(session.reference);
    const [code] = await session.subscribe([filter]);
    if (code !== undefined && code >= 0x80) throw new Refused(`SUBACK ${code}`, `${filter} was denied`);
  });
}

function entriesOf({ during }: Launch): readonly Attempted[] {
  return attemptsOf(during.attack, "enter");
}

function variantOf({ began }: Attempted): string {
  return textOf(began.detail, "variant");
}

function namesOf(entries: readonly Attempted[]): string {
  return entries.map(variantOf).toSorted().join(", ");
}

function judgeStrangers(run: Launch): Answer {
  const entries = entriesOf(run);
  const admitted = entries.filter(({ phase }) => phase === "ok");
  const unknown = entries.filter(({ phase }) => phase === "unknown");
  const trials = { planned: entries.length, run: entries.length - unknown.length, passed: 0 };
  const reached = deliveriesOf(run.during.attack).filter(({ delivered }) => delivered);
  if (reached.length > 0) {
    const goals = [...new Set(reached.map(({ detail }) => textOf(detail, "goal")))].toSorted().join(", ");
    return {
      verdict: "fail",
      says: `${admitted.length} of ${entries.length} strangers were admitted (${namesOf(admitted)}) and used: ${goals}`,
      evidence: [...admitted.map(seqOf), ...reached.map(({ seq }) => seq)],
      trials,
    };
  }
  if (admitted.length > 0) {
    const says = `admitted, but without any right that was seen: ${namesOf(admitted)}`;
    return { verdict: "inconclusive", says, evidence: admitted.map(seqOf), trials };
  }
  if (unknown.length > 0 || entries.length === 0) {
    const says = `${unknown.length} of ${entries.length} strangers got no answer: ${namesOf(unknown)}`;
    return { verdict: "inconclusive", says, evidence: unknown.map(seqOf), trials };
  }
  return {
    verdict: "pass",
    says: `all ${entries.length} strangers were refused`,
    evidence: entries.map(seqOf),
    trials: { ...trials, passed: entries.length },
  };
}

function judgeRogue(run: Launch): Answer {
  const entries = entriesOf(run);
  const invented = entries.find((entry) => variantOf(entry) === "invented credentials");
  const served = deliveriesOf(run.during.attack, { goal: "own device topic" }).filter(({ delivered }) => delivered);
  if (invented === undefined) return { verdict: "inconclusive", says: "no identity was invented", evidence: [] };
  if (invented.phase === "ok") {
    return { verdict: "fail", says: "an invented user name and password were admitted", evidence: [seqOf(invented)] };
  }
  if (served.length > 0) {
    const who = served
      .map(({ detail }) => textOf(detail, "variant"))
      .toSorted()
      .join(", ");
    const says = `a device that nobody enrolled was served on a topic of its own: ${who}`;
    return { verdict: "fail", says, evidence: served.map(({ seq }) => seq) };
  }
  if (entries.some(({ phase }) => phase !== "refused")) {
    const open = entries.filter(({ phase }) => phase !== "refused");
    return {
      verdict: "inconclusive",
      says: `not refused, but not served either: ${namesOf(open)}`,
      evidence: open.map(seqOf),
    };
  }
  return { verdict: "pass", says: "every invented or missing identity was refused", evidence: entries.map(seqOf) };
}
