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
import { mustEcho } from "#simulator/mqtt/echo.ts";
import { honestClient } from "#simulator/mqtt/honest-client.ts";
import { publishHeard } from "#simulator/mqtt/publish-heard.ts";

const id = "mqtt.retained-poisoning";
const answerWithinMs = 2_000;
/** How long a retained value that may not be there is waited for; one that is there comes right after SUBACK. */
const perhapsMs = 300;

type Deed = "replace" | "delete";

export const retainedPoisoning = defineAttack({
  id,
  title: "Replace or delete the stored configuration of another device",
  speaks: "mqtt",
  severity: "high",
  layer: "data",
  explains: `The operator retains a configuration for the victim. A device with a valid identity of its own then publishes another
value with RETAIN on the same topic, and later an empty one, which deletes. After each deed a fresh subscriber reads
what is stored.
retained-configuration-is-protected fails where it reads the intruder's value or nothing at all, and passes where it
reads the operator's both times.
The control: what the operator retains is read by a fresh subscriber, and the intruder can use a topic of its own.
What was retained there before is put back in the end.`,
  references: {
    cwe: ["CWE-862", "CWE-349"],
    attack: ["T1565.001", "T0836", "T0832"],
    owasp: ["I3"],
    clauses: ["MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-7", "MQTT-3.3.1-8"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" })
      .prefault("1s")
      .describe("how long a fresh subscriber waits for a retained value"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: false,
  atMostMs: ({ window }) => 4 * window + 30_000,

  async control(bench, ground, { window }) {
    const intruder = needed(ground.identities.intruder);
    await mustEcho(bench, ground.at, intruder, intruder.topics.telemetry, window);
    const value = configurationWith(canary(bench));
    await keepingWhatWasThere(bench, ground, async () => {
      await retain(bench, ground, value);
      const read = await readAfresh(bench, ground, window);
      if (read !== value) throw new Error("what the operator retained was not read by a fresh subscriber");
    });
  },

  async launch(bench, ground, { window }) {
    await keepingWhatWasThere(bench, ground, async () => {
      await poison(bench, ground, "replace", window);
      await poison(bench, ground, "delete", window);
    });
  },

  async recovery(bench, { at, identities }) {
    if (!(await serves(bench, at, needed(identities.operator), answerWithinMs))) {
      throw new Error("the operator is not served");
    }
    // A launch that was cut off could not clean up.
    const ground = { at, identities };
    const left = await readAfresh(bench, ground, perhapsMs);
    if (left?.includes(`seatrial-${bench.runId}-`) === true) await retain(bench, ground, "");
  },

  checks: [
    {
      id: "retained-configuration-is-protected",
      asks: "Is the stored configuration of a device safe from every other device?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Allow only the operator to publish on configuration topics, with RETAIN or without. Then run this again: a fresh subscriber must read the operator's value after both deeds.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeRetained),
    },
  ],
  twins: [
    { kills: "retained-configuration-is-protected", loosen: { where: "broker", knob: "authorization", value: "open" } },
  ],
});

type Place = Pick<Ground, "at" | "identities">;

function configurationWith(text: string): string {
  return JSON.stringify({ canary: text });
}

/** Remembers what is retained, and puts it back (or nothing, where there was nothing) whatever happens. */
async function keepingWhatWasThere(bench: Bench, place: Place, work: () => Promise<void>): Promise<void> {
  const before = await readAfresh(bench, place, perhapsMs);
  try {
    await work();
  } finally {
    // Also after the beat was told to stop: every step in it has a deadline of its own.
    await retain({ ...bench, signal: new AbortController().signal }, place, before ?? "");
  }
}

/** Retains a value as the operator; an empty one deletes. */
async function retain(bench: Bench, { at, identities }: Place, value: string): Promise<void> {
  await using operator = await honestClient(bench, at, needed(identities.operator));
  await operator.publish(needed(identities.victim).topics.config, value, { qos: 1, retain: true });
}

/** What a subscriber that was not there before reads. */
async function readAfresh(bench: Bench, { at, identities }: Place, windowMs: number): Promise<string | undefined> {
  await using reader = await honestClient(bench, at, needed(identities.operator));
  await reader.subscribe(needed(identities.victim).topics.config, 1);
  const message = await reader.until(({ retain: kept }) => kept, windowMs);
  return message?.payload;
}

async function poison(bench: Bench, ground: Ground, deed: Deed, windowMs: number): Promise<void> {
  const { at, identities } = ground;
  const topic = needed(identities.victim).topics.config;
  const [original, foreign] = [configurationWith(canary(bench)), configurationWith(canary(bench))];
  await retain(bench, ground, original);
  await bench.observe.attempt("poison", { deed, topic }, async (trace) => {
    const from = attackerSource(at);
    await using session = await connect(bench, at, needed(identities.intruder), {
      from,
      withinMs: answerWithinMs,
      trace,
    });
    await publishHeard(session, topic, deed === "replace" ? foreign : "", { qos: 1, retain: true });
  });
  await bench.observe.attempt("read", { deed }, async (trace) => {
    const read = await readAfresh(bench, ground, windowMs);
    if (read === undefined) await mustReadAgain(bench, ground, original, windowMs);
    trace.detail({ deed, found: read === original ? "the operator's" : read === undefined ? "nothing" : "another" });
  });
}

/** Nothing was read: that counts only where a value retained now is read, by the same means and in the same time. */
async function mustReadAgain(bench: Bench, place: Place, value: string, windowMs: number): Promise<void> {
  await retain(bench, place, value);
  const again = await readAfresh(bench, place, windowMs);
  if (again !== value) throw new Error("a fresh subscriber reads nothing, not even what was just retained");
}

function judgeRetained({ during: { attack } }: Launch): Answer {
  const reads = attemptsOf(attack, "read").flatMap(({ phase, ended }) => (phase === "ok" && ended ? [ended] : []));
  const spoilt = reads.filter(({ detail }) => textOf(detail, "found") !== "the operator's");
  const trials = { planned: 2, run: reads.length, passed: reads.length - spoilt.length };
  if (spoilt.length > 0) {
    const deeds = spoilt
      .map(({ detail }) => (textOf(detail, "found") === "nothing" ? "deleted" : "replaced"))
      .join(" and ");
    const says = `another device ${deeds} the stored configuration of the victim`;
    return { verdict: "fail", says, evidence: spoilt.map(({ seq }) => seq), trials };
  }
  if (reads.length < 2) {
    return { verdict: "inconclusive", says: "what is stored could not be read after both deeds", evidence: [], trials };
  }
  const unheard = attemptsOf(attack, "poison").filter(({ phase }) => phase === "unknown");
  if (unheard.length > 0) {
    const says = `${unheard.length} of 2 deeds were perhaps never read by the broker`;
    return { verdict: "inconclusive", says, evidence: unheard.map(seqOf), trials };
  }
  return {
    verdict: "pass",
    says: "after both deeds a fresh subscriber still read the operator's configuration",
    evidence: reads.map(({ seq }) => seq),
    trials,
  };
}
