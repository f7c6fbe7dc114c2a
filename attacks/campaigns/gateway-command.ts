import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf } from "#contract/detail.ts";
import { attemptsOf, judgeLaunches, type Launch, notesOf } from "#contract/judging.ts";
import { needed } from "#contract/needed.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { type HonestCoap, honestCoap, succeeds } from "#simulator/coap/honest-client.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";
import { type HonestClient, honestClient } from "#simulator/mqtt/honest-client.ts";
import { publishHeard } from "#simulator/mqtt/publish-heard.ts";
import { crossing } from "./parts/crossing.ts";
import { brokerOf, coapIdentities, deviceServerOf, fieldFilter, mqttIdentities } from "./parts/home.ts";
import { registered } from "./parts/registered.ts";

const id = "campaign.gateway-command";
const answerWithinMs = 2_000;
const lookEveryMs = 100;

export const gatewayCommand = defineAttack({
  id,
  title: "Have a gateway write to CoAP devices what nobody rightful told it to",
  speaks: "mqtt",
  alsoSpeaks: ["coap"],
  severity: "critical",
  layer: "network",
  explains: `A device with a valid identity of its own publishes two commands on the command topic of a gateway over MQTT: one to
the victim, and one that names the path of the victim's configuration in place of a device. A gateway writes to the CoAP
server with rights that the intruder lacks. Afterwards the operator reads both paths over CoAP; PUBACK is not believed.
The configuration is put back as it was.
gateway-commands-need-the-right fails where the intruder's command stands on the victim's command path,
gateway-writes-commands-only where its text stands in the configuration. Both pass only where a command of the operator,
sent after them, came through the same gateway.
The control: a command of the operator by MQTT reaches the victim's command path; without a gateway it does not hold.`,
  references: {
    cwe: ["CWE-441", "CWE-863", "CWE-22"],
    attack: ["T1565.002", "T1692.001", "T0831", "T0836"],
    owasp: ["I3"],
    clauses: ["MQTT-3.3.5-2", "RFC 7252 §11.2"],
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
    await using stage = await openStage(bench, ground, window);
    const victim = needed(coapIdentities(ground).victim);
    const text = await command(bench, stage, victim.clientId);
    if (!(await stands(bench, stage, victim.topics.command, text, window))) {
      throw new Error("a command of the operator did not come through the gateway");
    }
  },

  async launch(bench, ground, { window }) {
    await using stage = await openStage(bench, ground, window);
    const identities = coapIdentities(ground);
    const [victim, intruder] = [needed(identities.victim), needed(identities.intruder)];
    const before = await stage.server.ask({ code: code.get, path: victim.topics.config });
    const aims = [
      { aim: "command", to: victim.clientId, path: victim.topics.command },
      { aim: "path", to: victim.topics.config, path: victim.topics.config },
    ] as const;
    const injected = [];
    for (const { aim, to, path } of aims)
      injected.push({ aim, path, text: await inject(bench, ground, stage, aim, to) });
    const text = await command(bench, stage, intruder.clientId);
    const arrived = await stands(bench, stage, intruder.topics.command, text, window);
    bench.observe.note("written", { by: "operator", arrived }, stage.server.reference);
    for (const each of injected) {
      const written = await stands(bench, stage, each.path, each.text, 0);
      const detail = { by: "intruder", aim: each.aim, path: each.path, arrived: written };
      bench.observe.note("written", detail, stage.server.reference);
    }
    if (succeeds(before))
      await stage.server.ask({ code: code.put, path: victim.topics.config, payload: before.payload });
  },

  async recovery(bench, ground) {
    const { operator, victim } = coapIdentities(ground);
    if (!(await serves(bench, brokerOf(ground), needed(mqttIdentities(ground).operator), answerWithinMs))) {
      throw new Error("the operator is not served by MQTT");
    }
    await using server = await honestCoap(bench, deviceServerOf(ground), needed(operator));
    if (!succeeds(await server.ask({ code: code.get, path: needed(victim).topics.command }))) {
      throw new Error("the operator is not served by CoAP");
    }
  },

  checks: [
    {
      id: "gateway-commands-need-the-right",
      asks: "Does a gateway pass on commands from nobody but the operator?",
      covers: "P3.3/no-lateral-command",
      remedy:
        "Allow nobody but the operator to publish on the gateway's command topic (each device only on its own reporting topics). Then run this again: no canary of the intruder may stand on the victim's command path.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeWritten(launch, "command")),
    },
    {
      id: "gateway-writes-commands-only",
      asks: "Does a gateway write nothing but commands, and only to devices that it serves?",
      covers: "P3.3/one-layer-removed",
      remedy:
        "Look the device up among those that the gateway serves, build the path from what it knows of the device and never from the message, and give the gateway no right to configuration and management paths. Then run this again: the configuration must stay as it was.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judgeWritten(launch, "path")),
    },
  ],
  twins: [
    { kills: "gateway-commands-need-the-right", loosen: { where: "broker", knob: "authorization", value: "open" } },
    {
      kills: "gateway-writes-commands-only",
      loosen: { where: "device", knob: "relay", value: "any-path" },
      both: { broker: { authorization: "open" } },
    },
  ],
});

/** The operator on both sides of the gateway, and the topic on which that takes commands. */
interface Stage extends AsyncDisposable {
  readonly operator: HonestClient;
  readonly server: HonestCoap;
  readonly commands: string;
}

/** Registers victim and intruder, and waits until a reading of each has come through a gateway, which then serves them. */
async function openStage(bench: Bench, ground: Ground, windowMs: number): Promise<Stage> {
  const { operator, intruder, victim } = coapIdentities(ground);
  const stack = new AsyncDisposableStack();
  try {
    const client = stack.use(await honestClient(bench, brokerOf(ground), needed(mqttIdentities(ground).operator)));
    const server = stack.use(await honestCoap(bench, deviceServerOf(ground), needed(operator)));
    let gateway = "";
    for (const device of [needed(intruder), needed(victim)]) {
      await client.subscribe(fieldFilter(device), 1);
      const own = stack.use(await registered(bench, ground, device));
      const crossed = await crossing(bench, client, own, device, windowMs);
      if (crossed === undefined)
        throw new Error(`no gateway brought a reading of ${device.clientId} from CoAP to MQTT`);
      gateway = crossed.gateway;
    }
    return {
      operator: client,
      server,
      commands: `${gateway}/command`,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (cause) {
    await stack.disposeAsync();
    throw cause;
  }
}

/** A command of the operator through the gateway; returns the canary in it. */
async function command(bench: Bench, { operator, commands }: Stage, to: string): Promise<string> {
  const text = canary(bench);
  await operator.publish(commands, JSON.stringify({ to, command: "identify", canary: text }), { qos: 1 });
  return text;
}

/** A command of the intruder, on a connection of its own, since some brokers close it on a denied PUBLISH. */
async function inject(bench: Bench, ground: Ground, { commands }: Stage, aim: string, to: string): Promise<string> {
  const text = canary(bench);
  await bench.observe.attempt("inject", { aim, to, topic: commands }, async (trace) => {
    const at = brokerOf(ground);
    const from = attackerSource(at);
    await using session = await connect(bench, at, needed(mqttIdentities(ground).intruder), {
      from,
      withinMs: answerWithinMs,
      trace,
    });
    await publishHeard(session, commands, JSON.stringify({ to, command: "identify", canary: text }), { qos: 1 });
  });
  return text;
}

/** Whether the text stands at that path of the CoAP server before the time is over; looks once at least. */
async function stands(bench: Bench, { server }: Stage, path: string, text: string, withinMs: number): Promise<boolean> {
  const { clock, signal } = bench;
  for (const untilMs = clock.nowMs() + withinMs; ; ) {
    const reply = await server.ask({ code: code.get, path });
    if (reply.payload.includes(text)) return true;
    if (clock.nowMs() >= untilMs || signal.aborted) return false;
    await clock.sleep(lookEveryMs, signal);
  }
}

function judgeWritten({ during: { attack } }: Launch, aim: "command" | "path"): Answer {
  const written = notesOf(attack, "written");
  const foreign = written.find(({ detail }) => fieldOf(detail, "by") === "intruder" && fieldOf(detail, "aim") === aim);
  const own = written.find(({ detail }) => fieldOf(detail, "by") === "operator");
  const attempt = attemptsOf(attack, "inject").find(({ began }) => fieldOf(began.detail, "aim") === aim);
  if (foreign === undefined || attempt === undefined) {
    return { verdict: "inconclusive", says: "no command was injected", evidence: [] };
  }
  const where = aim === "command" ? "the victim's command path" : "a path that is no command's";
  const measure = { kind: "graded", total: 1, survived: 1, lost: 0 } as const;
  if (fieldOf(foreign.detail, "arrived") === true) {
    const says = `what a device without the right published went through the gateway to ${where}`;
    return {
      verdict: "fail",
      says,
      evidence: [seqOf(attempt), foreign.seq],
      measure: { ...measure, survived: 0, lost: 1 },
    };
  }
  if (own === undefined || fieldOf(own.detail, "arrived") !== true) {
    const says = "not even the operator's command came through the gateway, so its silence says nothing";
    return { verdict: "inconclusive", says, evidence: [foreign.seq, ...(own ? [own.seq] : [])] };
  }
  if (attempt.phase === "unknown") {
    const says = "the injected command was perhaps never read by the broker";
    return { verdict: "inconclusive", says, evidence: [seqOf(attempt)] };
  }
  return {
    verdict: "pass",
    says: `what a device without the right published did not reach ${where}, the operator's command did arrive`,
    evidence: [seqOf(attempt), foreign.seq, own.seq],
    measure,
  };
}
