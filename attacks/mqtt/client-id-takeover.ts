import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";
import type { Session } from "#simulator/mqtt/session.ts";

const id = "mqtt.client-id-takeover";
const answerWithinMs = 2_000;

export const clientIdTakeover = defineAttack({
  id,
  title: "Connect under the client id of a device that is already there",
  speaks: "mqtt",
  severity: "high",
  layer: "application",
  explains: `While the victim is connected and answers pings, another device connects with its own valid credentials but the
victim's client id, once asking for a clean session and once for the kept one. MQTT has a broker end the old connection
when a client id comes back; whether it does so for somebody else's credentials is the question.
identities-cannot-be-taken-over fails where the victim's connection ended, and passes where the intruder was refused
(or admitted under another id) and the victim still gets its PINGRESP.
The control: victim and intruder both connect with ids of their own, at the same time.`,
  references: {
    cwe: ["CWE-639", "CWE-290"],
    attack: ["T1563", "T1531", "T0814", "T0827"],
    owasp: ["I3"],
    clauses: ["MQTT-3.1.3-2", "MQTT-3.1.4-2"],
  },
  parameters: z.strictObject({
    watch: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("700ms")
      .describe("how long the victim's connection is watched after each attempt"),
  }),
  needs: ["intruder", "victim"],
  strains: false,
  atMostMs: ({ watch }) => 2 * watch + 25_000,

  async control(bench, { at, identities }) {
    await using victim = await mustEnter(bench, at, needed(identities.victim));
    await using _intruder = await mustEnter(bench, at, needed(identities.intruder));
    if (!(await victim.ping(answerWithinMs))) throw new Error("the victim got no PINGRESP");
  },

  async launch(bench, ground, { watch }) {
    for (const clean of [true, false]) await takeOver(bench, ground, clean, watch);
  },

  async recovery(bench, { at, identities }) {
    // Each comes back with a clean session, which also ends the one that a take-over may have left behind.
    for (const who of [needed(identities.intruder), needed(identities.victim)]) {
      if (!(await serves(bench, at, who, answerWithinMs))) throw new Error(`${who.clientId} is not served`);
    }
  },

  checks: [
    {
      id: "identities-cannot-be-taken-over",
      asks: "Does a device stay connected when another one claims its client id?",
      covers: "P4.3/clone-noticed",
      remedy:
        "Tie the client id to the authenticated account (Mosquitto: `use_username_as_clientid true`), and refuse a CONNECT whose client id is another's. Then run this again: the victim must keep its connection.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeTakeOver),
    },
  ],
  twins: [{ kills: "identities-cannot-be-taken-over", loosen: { where: "broker", knob: "clientIds", value: "free" } }],
});

async function mustEnter(bench: Bench, at: Ground["at"], who: { readonly clientId: string }): Promise<Session> {
  const entered = await bench.observe.attempt("enter", { clientId: who.clientId }, (trace) =>
    connect(bench, at, who, { withinMs: answerWithinMs, trace }),
  );
  if (entered.phase !== "ok") throw new Error(`${who.clientId} was not admitted: ${entered.error.message}`);
  return entered.value;
}

async function takeOver(bench: Bench, { at, identities }: Ground, clean: boolean, watchMs: number): Promise<void> {
  const victim = needed(identities.victim);
  await using session = await mustEnter(bench, at, victim);
  if (!(await session.ping(answerWithinMs))) throw new Error("the victim got no PINGRESP before the attempt");
  const thief = { ...needed(identities.intruder), clientId: victim.clientId, clean };
  const from = attackerSource(at);
  const tried = await bench.observe.attempt("take-over", { clean }, (trace) =>
    connect(bench, at, thief, { from, withinMs: answerWithinMs, trace }),
  );
  // The thief stays until the victim was looked at, so that its leaving cannot be mistaken for the victim's.
  await using _thief = tried.phase === "ok" ? tried.value : undefined;
  await Promise.race([session.ended, bench.clock.sleep(watchMs, bench.signal)]);
  const answered = await session.ping(answerWithinMs);
  const { ending } = session.connection;
  const ended = ending ? `${ending.how} by ${ending.by}` : "";
  bench.observe.note("victim", { clean, alive: answered, ended }, session.reference);
}

function judgeTakeOver({ during: { attack } }: Launch): Answer {
  const tries = attemptsOf(attack, "take-over").map((one, n) => ({ one, victim: notesOf(attack, "victim")[n] }));
  const lost = tries.filter(({ one, victim }) => one.phase !== "unknown" && wasClosed(victim?.detail));
  const trials = { planned: 2, run: tries.length, passed: tries.length - lost.length };
  if (lost.length > 0) {
    const says = `the victim lost its connection in ${lost.length} of ${tries.length} attempts of another device to use its client id`;
    const evidence = lost.flatMap(({ one, victim }) => (victim ? [seqOf(one), victim.seq] : [seqOf(one)]));
    return { verdict: "fail", says, evidence, trials };
  }
  const unsure = tries.filter(
    ({ one, victim }) => one.phase === "unknown" || fieldOf(victim?.detail, "alive") !== true,
  );
  if (unsure.length > 0 || tries.length < 2) {
    const says = `${unsure.length} of ${tries.length} attempts got no answer, or left the victim without one`;
    return { verdict: "inconclusive", says, evidence: unsure.map(({ one }) => seqOf(one)), trials };
  }
  const admitted = tries.filter(({ one }) => one.phase === "ok");
  const how = admitted.length > 0 ? "was admitted, but not under the victim's id" : "was refused";
  return {
    verdict: "pass",
    says: `the victim kept its connection; the device that claimed its client id ${how}`,
    evidence: tries.flatMap(({ one, victim }) => (victim ? [seqOf(one), victim.seq] : [seqOf(one)])),
    trials,
  };
}

function wasClosed(detail: Parameters<typeof textOf>[0]): boolean {
  return textOf(detail, "ended").endsWith("by them") && fieldOf(detail, "alive") !== true;
}
