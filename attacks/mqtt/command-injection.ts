import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";
import { deliveriesOf, watchDelivery } from "#simulator/mqtt/delivery.ts";
import { mustEcho } from "#simulator/mqtt/echo.ts";
import { type HonestClient, honestClient } from "#simulator/mqtt/honest-client.ts";
import { publishHeard } from "#simulator/mqtt/publish-heard.ts";

const id = "mqtt.command-injection";
const answerWithinMs = 2_000;

export const commandInjection = defineAttack({
  id,
  title: "Send commands to another device",
  speaks: "mqtt",
  severity: "critical",
  layer: "application",
  explains: `A device with a valid identity of its own publishes two commands on the victim's command topic, one with QoS 0 and one
with QoS 1, while the victim is connected and subscribed; then the operator sends a command of its own. PUBACK is not
believed: MQTT 3.1.1 has the broker acknowledge a PUBLISH that it denies.
foreign-commands-are-not-delivered fails where the victim received a canary of the intruder, and passes where it did
not while it did receive the operator's in the same window.
The control: a command of the operator reaches the victim, and the intruder can use a topic of its own.`,
  references: {
    cwe: ["CWE-863", "CWE-862"],
    attack: ["T1565.002", "T1692.001", "T0831", "T0836"],
    owasp: ["I3"],
    clauses: ["MQTT-3.3.5-2"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("1500ms")
      .describe("how long a canary is waited for"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: false,
  atMostMs: ({ window }) => 4 * window + 20_000,

  async control(bench, { at, identities }, { window }) {
    const intruder = needed(identities.intruder);
    await mustEcho(bench, at, intruder, intruder.topics.telemetry, window);
    await using victim = await listeningVictim(bench, { at, identities });
    if (!(await command(bench, { at, identities }, victim, window))) {
      throw new Error("a command of the operator did not reach the victim");
    }
  },

  async launch(bench, ground, { window }) {
    await using victim = await listeningVictim(bench, ground);
    const injected = [await inject(bench, ground, 0), await inject(bench, ground, 1)];
    await Promise.all([
      ...injected.map(({ qos, text }) => watchDelivery(bench, victim, text, window, { by: "intruder", qos })),
      command(bench, ground, victim, window),
    ]);
  },

  async recovery(bench, { at, identities }) {
    if (!(await serves(bench, at, needed(identities.victim), answerWithinMs)))
      throw new Error("the victim is not served");
  },

  checks: [
    {
      id: "foreign-commands-are-not-delivered",
      asks: "Do devices receive commands from nobody but the operator?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Allow each device to publish only on its own reporting topics, tied to its authenticated name, and only the operator to publish commands. Then run this again: no canary of the intruder may reach the victim.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeCommands),
    },
  ],
  twins: [
    { kills: "foreign-commands-are-not-delivered", loosen: { where: "broker", knob: "authorization", value: "open" } },
  ],
});

async function listeningVictim(
  bench: Bench,
  { at, identities }: Pick<Ground, "at" | "identities">,
): Promise<HonestClient> {
  const victim = needed(identities.victim);
  const client = await honestClient(bench, at, victim);
  await client.subscribe(victim.topics.command, 1);
  return client;
}

/** A command of the operator; whether it arrived. */
async function command(
  bench: Bench,
  { at, identities }: Pick<Ground, "at" | "identities">,
  victim: HonestClient,
  windowMs: number,
): Promise<boolean> {
  const text = canary(bench);
  await using operator = await honestClient(bench, at, needed(identities.operator));
  await operator.publish(needed(identities.victim).topics.command, commandWith(text), { qos: 1 });
  return watchDelivery(bench, victim, text, windowMs, { by: "operator" });
}

/** A command of the intruder on a connection of its own, since some brokers close it on a denied PUBLISH. */
async function inject(bench: Bench, { at, identities }: Ground, qos: 0 | 1) {
  const text = canary(bench);
  const topic = needed(identities.victim).topics.command;
  await bench.observe.attempt("inject", { topic, qos }, async (trace) => {
    const from = attackerSource(at);
    await using session = await connect(bench, at, needed(identities.intruder), {
      from,
      withinMs: answerWithinMs,
      trace,
    });
    await publishHeard(session, topic, commandWith(text), { qos });
  });
  return { qos, text };
}

function commandWith(text: string): string {
  return JSON.stringify({ command: "identify", canary: text });
}

function judgeCommands({ during: { attack } }: Launch): Answer {
  const foreign = deliveriesOf(attack, { by: "intruder" });
  const received = foreign.filter(({ delivered }) => delivered);
  const [own] = deliveriesOf(attack, { by: "operator" });
  const trials = { planned: 2, run: foreign.length, passed: foreign.length - received.length };
  if (received.length > 0) {
    const how = received.map(({ detail }) => `QoS ${textOf(detail, "qos")}`).join(", ");
    const says = `the victim received ${received.length} of ${foreign.length} commands of another device (${how})`;
    return { verdict: "fail", says, evidence: received.map(({ seq }) => seq), trials };
  }
  if (foreign.length === 0) return { verdict: "inconclusive", says: "no command was injected", evidence: [] };
  if (own?.delivered !== true) {
    const says = "not even the operator's command reached the victim, so its silence says nothing";
    return { verdict: "inconclusive", says, evidence: own ? [own.seq] : [], trials };
  }
  const unheard = attemptsOf(attack, "inject").filter(({ phase }) => phase === "unknown");
  if (unheard.length > 0) {
    const says = `${unheard.length} of ${foreign.length} injected commands were perhaps never read by the broker`;
    return { verdict: "inconclusive", says, evidence: unheard.map(seqOf), trials };
  }
  return {
    verdict: "pass",
    says: `none of ${foreign.length} commands of another device reached the victim, the operator's did`,
    evidence: [...foreign.map(({ seq }) => seq), own.seq],
    trials,
  };
}
