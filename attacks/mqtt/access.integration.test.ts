import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import { type DeviceIdentity, topicsBelow } from "#contract/identity.ts";
import type { RunRecord } from "#contract/record.ts";
import { connect } from "#simulator/mqtt/client.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { startMosquitto, type TestMosquitto } from "#testing/mosquitto.ts";
import { anonymousConnect } from "./anonymous-connect.ts";
import { clientIdTakeover } from "./client-id-takeover.ts";
import { commandInjection } from "./command-injection.ts";
import { retainedPoisoning } from "./retained-poisoning.ts";
import { topicSnoop } from "./topic-snoop.ts";
import { wellKnownCredentials } from "./well-known-credentials.ts";

const attacks: readonly Attack[] = [
  anonymousConnect,
  wellKnownCredentials,
  topicSnoop,
  commandInjection,
  clientIdTakeover,
  retainedPoisoning,
];

const accessList = "user operator\ntopic readwrite #\n\npattern readwrite devices/%u/#\n";
const hardenedLines = [
  "allow_anonymous false",
  "password_file {dir}/passwords",
  "acl_file {dir}/access",
  "use_username_as_clientid true",
];
const secrets = { operator: "0ffee0", intruder: "1ffee1", victim: "2ffee2" };

const deviceOf = (clientId: "intruder" | "victim"): DeviceIdentity => ({
  clientId,
  username: clientId,
  password: secrets[clientId],
  topics: topicsBelow(`devices/${clientId}`),
});

function groundAt({ port }: TestMosquitto): Ground {
  const at = loopback(port);
  return {
    at,
    listeners: [at],
    identities: {
      operator: { clientId: "operator", username: "operator", password: secrets.operator },
      intruder: deviceOf("intruder"),
      victim: deviceOf("victim"),
      devices: [],
    },
    facts: { id: "local:mosquitto", product: "mosquitto", fidelity: "simulated" },
  };
}

function answersOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record)]));
}

function verdictsOf(attack: Pick<Attack, "checks">, record: RunRecord) {
  return Object.fromEntries(Object.entries(answersOf(attack, record)).map(([id, { verdict }]) => [id, verdict]));
}

function everyCheck(verdict: string) {
  return (attack: Pick<Attack, "checks">) => Object.fromEntries(attack.checks.map(({ id }) => [id, verdict]));
}

const fails = everyCheck("fail");
const passes = everyCheck("pass");
const undecided = everyCheck("inconclusive");

describe("a weak Mosquitto", () => {
  let broker: TestMosquitto;
  beforeAll(async () => {
    broker = await startMosquitto(["allow_anonymous true", "password_file {dir}/passwords"], {
      ...secrets,
      admin: "admin",
    });
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  it.each(attacks)("is found weak by every check of $id", async (attack) => {
    const record = await launchAlone(attack, groundAt(broker));
    expect(verdictsOf(attack, record)).toEqual(fails(attack));
  });

  it("is left without a retained message", async () => {
    await launchAlone(retainedPoisoning, groundAt(broker));
    expect(await retainedAt(broker)).toEqual([]);
  });

  it("gets back what was retained before", async () => {
    const bench = benchOf([], { clock: realClock() });
    await using operator = await connect(bench, loopback(broker.port), { clientId: "before" });
    await operator.publish("devices/victim/config", "mine", { qos: 1, retain: true });
    await launchAlone(retainedPoisoning, groundAt(broker));
    expect(await retainedAt(broker)).toMatchObject([{ topic: "devices/victim/config", payload: "mine" }]);
    await operator.publish("devices/victim/config", "", { qos: 1, retain: true });
  });
});

async function retainedAt({ port }: TestMosquitto) {
  const bench = benchOf([], { clock: realClock() });
  const as = { clientId: "reader", username: "operator", password: secrets.operator };
  await using reader = await connect(bench, loopback(port), as);
  await reader.subscribe(["#"]);
  await reader.ping(1_000);
  return [...reader.messages];
}

describe("a hardened Mosquitto", () => {
  let broker: TestMosquitto;
  beforeAll(async () => {
    broker = await startMosquitto(hardenedLines, secrets, { access: accessList });
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  it.each(attacks)("passes every check of $id, within 3.5 seconds", async (attack) => {
    const record = await launchAlone(attack, groundAt(broker));
    expect(verdictsOf(attack, record)).toEqual(passes(attack));
    expect(record.history.at(-1)?.atMs).toBeLessThan(3_500);
  });

  it.each(attacks)("leaves $id undecided where the secrets are wrong", async (attack) => {
    const ground = groundAt(broker);
    const { operator, intruder, victim } = ground.identities;
    const identities = {
      devices: [],
      ...(operator && { operator: { ...operator, password: "wrong" } }),
      ...(intruder && { intruder: { ...intruder, password: "wrong" } }),
      ...(victim && { victim: { ...victim, password: "wrong" } }),
    };
    const record = await launchAlone(attack, { ...ground, identities });
    expect(verdictsOf(attack, record)).toEqual(undecided(attack));
  });

  it.each<Attack>([anonymousConnect, wellKnownCredentials])("passes $id without any identity, too", async (attack) => {
    const record = await launchAlone(attack, { ...groundAt(broker), identities: { devices: [] } });
    expect(verdictsOf(attack, record)).toEqual(passes(attack));
  });
});

describe("a Mosquitto with one thing forgotten", () => {
  it("is found weak where client ids are free", async () => {
    const lines = hardenedLines.filter((line) => !line.startsWith("use_username"));
    await using broker = await startMosquitto(lines, secrets, { access: accessList });
    const record = await launchAlone(clientIdTakeover, groundAt(broker));
    expect(verdictsOf(clientIdTakeover, record)).toEqual(fails(clientIdTakeover));
  });

  it("is found weak on $SYS alone where only that is readable", async () => {
    const access = `user intruder\ntopic read $SYS/#\n\n${accessList}`;
    await using broker = await startMosquitto(hardenedLines, secrets, { access });
    const record = await launchAlone(topicSnoop, groundAt(broker));
    expect(verdictsOf(topicSnoop, record)).toEqual({
      "neighbours-are-not-readable": "pass",
      "system-topics-reveal-nothing": "fail",
    });
  });

  it("is found weak where a device may read all devices, though it may not write", async () => {
    const access = `${accessList}\npattern read devices/#\n`;
    await using broker = await startMosquitto(hardenedLines, secrets, { access });
    const record = await launchAlone(topicSnoop, groundAt(broker));
    const { "neighbours-are-not-readable": answer } = answersOf(topicSnoop, record);
    expect(answer).toMatchObject({ verdict: "fail", measure: { kind: "graded", total: 5, survived: 0, lost: 5 } });
    const commands = await launchAlone(commandInjection, groundAt(broker));
    expect(verdictsOf(commandInjection, commands)).toEqual(passes(commandInjection));
  });

  it("cannot be judged where it admits any secret", async () => {
    await using broker = await startMosquitto(["allow_anonymous true"]);
    const record = await launchAlone(wellKnownCredentials, groundAt(broker));
    expect(verdictsOf(wellKnownCredentials, record)).toEqual(undecided(wellKnownCredentials));
    const rogue = await launchAlone(anonymousConnect, groundAt(broker));
    expect(verdictsOf(anonymousConnect, rogue)).toEqual(fails(anonymousConnect));
  });
});
