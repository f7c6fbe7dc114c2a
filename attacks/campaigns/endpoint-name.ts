import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { serves } from "#simulator/mqtt/client.ts";
import { deliveriesOf, watchDelivery } from "#simulator/mqtt/delivery.ts";
import { type HonestClient, honestClient } from "#simulator/mqtt/honest-client.ts";
import { crossing } from "./parts/crossing.ts";
import { brokerOf, coapIdentities, fieldFilter, mqttIdentities } from "./parts/home.ts";
import { enterDirectory, type Registered, registered, report } from "./parts/registered.ts";

const id = "campaign.endpoint-name";
const answerWithinMs = 2_000;
/** After a later registration has come through, for what came through before it. */
const afterwardsMs = 300;

export const endpointName = defineAttack({
  id,
  title: "Register at the CoAP directory under a name that leads a gateway to another device's MQTT topic",
  speaks: "coap",
  alsoSpeaks: ["mqtt"],
  severity: "high",
  layer: "network",
  explains: `A device with a valid identity of its own registers at the resource directory under two more names, such as
"<canary>/../victim". A gateway that makes topics of endpoint names by joining them like file paths then speaks on the
victim's topics. The operator, subscribed over MQTT to what gateways say of the victim, waits for the canary. A
registration that the directory refuses counts as withstood.
gateway-keeps-names-apart fails where a canary arrives on a topic of the victim, and passes where none does although a
plain name, registered last, and a reading of the victim came through the same gateway in the same window.
The control: a reading that the victim sends by CoAP reaches the operator by MQTT; without a gateway it does not hold.`,
  references: {
    cwe: ["CWE-22", "CWE-74", "CWE-441"],
    attack: ["T1036", "T1565.002", "T1692.002"],
    owasp: ["I3"],
    clauses: ["RFC 9176 §8", "MQTT-4.7.1-1"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "500ms", atMost: "30s" })
      .prefault("5s")
      .describe("how long a gateway may take to pass something on"),
  }),
  needs: ["operator", "intruder", "victim"],
  strains: false,
  atMostMs: ({ window }) => 6 * window + 30_000,

  async control(bench, ground, { window }) {
    await using stage = await openStage(bench, ground);
    if ((await readingCrosses(bench, stage, window)) === undefined) {
      throw new Error("no gateway brought a reading of the victim from CoAP to MQTT");
    }
  },

  async launch(bench, ground, { window }) {
    await using stage = await openStage(bench, ground);
    const intruder = needed(coapIdentities(ground).intruder);
    await using intruding = await enterDirectory(bench, ground, intruder);
    const names = namesFor(bench, stage.victim);
    for (const { name } of names) await tryName(bench, intruding, name, "foreign");
    const own = `${intruder.clientId}-${bench.random.hex(4)}`;
    await stage.operator.subscribe(fieldFilter({ ...intruder, clientId: own }), 1);
    // A name like any other, registered last: once the gateway knows it, it has seen those before it.
    if (await tryName(bench, intruding, own, "plain")) {
      await watchDelivery(bench, stage.operator, `"${own}"`, window, { by: "a plain name" });
    }
    // What came through already needs no proof that anything could.
    if (!names.some(({ mark }) => stage.operator.messages.some(({ payload }) => payload.includes(mark)))) {
      await readingCrosses(bench, stage, window);
      await bench.clock.sleep(afterwardsMs, bench.signal);
    }
    for (const { name, mark } of names) await watchDelivery(bench, stage.operator, mark, 0, { by: "intruder", name });
  },

  async recovery(bench, ground) {
    const { victim } = coapIdentities(ground);
    const { operator } = mqttIdentities(ground);
    if (!(await serves(bench, brokerOf(ground), needed(operator), answerWithinMs))) {
      throw new Error("the operator is not served by MQTT");
    }
    await using device = await registered(bench, ground, needed(victim));
    await report(device, needed(victim), JSON.stringify({ seq: 0 }));
  },

  checks: [
    {
      id: "gateway-keeps-names-apart",
      asks: "Does a gateway keep a device from speaking under another's name, whatever it calls itself?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Accept endpoint names from a short list of characters only (letters, digits, `-`, `_`, `.`), never join them into topics or paths as they come, and let a directory bind each name to its credential. Then run this again: no canary may arrive on the victim's topics.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeNames),
    },
  ],
  twins: [{ kills: "gateway-keeps-names-apart", loosen: { where: "device", knob: "names", value: "as-given" } }],
});

/** The operator on MQTT, and the victim on CoAP. */
interface Stage extends AsyncDisposable {
  readonly operator: HonestClient;
  readonly victim: DeviceIdentity;
  readonly device: Registered;
}

async function openStage(bench: Bench, ground: Ground): Promise<Stage> {
  const victim = needed(coapIdentities(ground).victim);
  const stack = new AsyncDisposableStack();
  try {
    const operator = stack.use(await honestClient(bench, brokerOf(ground), needed(mqttIdentities(ground).operator)));
    await operator.subscribe(fieldFilter(victim), 1);
    await operator.subscribe(victim.topics.state, 1);
    const device = stack.use(await registered(bench, ground, victim));
    return { operator, victim, device, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (cause) {
    await stack.disposeAsync();
    throw cause;
  }
}

function readingCrosses(bench: Bench, { operator, victim, device }: Stage, windowMs: number) {
  return crossing(bench, operator, device, victim, windowMs);
}

/** Whether the directory took the name. */
async function tryName(bench: Bench, intruding: Registered, name: string, kind: "foreign" | "plain"): Promise<boolean> {
  const { phase } = await bench.observe.attempt("register", { name, kind }, async (trace) => {
    trace.wire(intruding.client.reference);
    await intruding.register(name);
  });
  return phase === "ok";
}

/** Names of at most 63 bytes (RFC 9176 §5), each with a mark that nobody else writes. */
function namesFor({ random }: Bench, { clientId }: DeviceIdentity) {
  const named = (end: string) => {
    const mark = random.hex(8);
    return { mark, name: `${mark}${end}` };
  };
  return [named(`/../${clientId}`), named(`/../../../${clientId}`)];
}

function judgeNames({ during: { attack } }: Launch): Answer {
  const tries = attemptsOf(attack, "register").filter(({ began }) => fieldOf(began.detail, "kind") === "foreign");
  const foreign = deliveriesOf(attack, { by: "intruder" });
  const arrived = foreign.filter(({ delivered }) => delivered);
  const trials = { planned: 2, run: foreign.length, passed: foreign.length - arrived.length };
  if (arrived.length > 0) {
    const topics = arrived.map(({ detail }) => textOf(detail, "topic")).join(", ");
    const says = `a device spoke on topics of another through a gateway (${topics})`;
    return { verdict: "fail", says, evidence: arrived.map(({ seq }) => seq), trials };
  }
  const unheard = tries.filter(({ phase }) => phase === "unknown");
  if (foreign.length === 0 || unheard.length > 0) {
    const says = `${unheard.length} of ${tries.length} registrations got no answer`;
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials };
  }
  const readings = notesOf(attack, "crossed");
  const plain = deliveriesOf(attack, { by: "a plain name" });
  const isRefused = tries.every(({ phase }) => phase === "refused");
  const crossed = readings.some(({ detail }) => fieldOf(detail, "delivered") === true);
  if (!crossed || (!isRefused && plain[0]?.delivered !== true)) {
    const says = "not even what is rightful came through the gateway, so its silence says nothing";
    return { verdict: "inconclusive", says, evidence: [...plain, ...readings].map(({ seq }) => seq), trials };
  }
  const how = isRefused ? "the directory refused them" : "the gateway passed nothing of them on";
  return {
    verdict: "pass",
    says: `none of ${tries.length} foreign names reached another device's topics: ${how}`,
    evidence: [...foreign, ...plain, ...readings].map(({ seq }) => seq),
    trials,
  };
}
