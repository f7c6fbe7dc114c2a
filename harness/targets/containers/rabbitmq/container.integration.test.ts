import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { DeviceIdentity, Identity } from "#contract/identity.ts";
import type { Claim, Posture, RunningTarget, Tally } from "#contract/target.ts";
import { type ConnectAs, connect } from "#simulator/mqtt/client.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { docker, dockerRuns } from "#testing/docker.ts";
import { containerTarget } from "../container-target.ts";
import { rabbitmq } from "./container.ts";

const bench = benchOf([], { clock: realClock(), random: randomOf(7), runId: `test-rabbitmq-${process.pid}` });
const claim: Claim = async ({ port, scheme, path }) => loopback(port, scheme, { ...(path !== undefined && { path }) });

const start = (posture: Posture) =>
  containerTarget(rabbitmq).start(bench, claim, { posture, knobs: {}, devices: 1_000, lease() {}, environment: {} });

const hasImage = () => docker("images", "-q", rabbitmq.image) !== "";
const guest = { clientId: "guest", username: "guest", password: "guest" };

/** How the broker answers a CONNECT. */
async function answerTo(at: LabAddress, as: ConnectAs): Promise<string> {
  try {
    await using session = await connect(bench, at, as);
    return session.isOpen ? "admitted" : "lost";
  } catch (cause) {
    return cause instanceof Refused ? cause.code : String(cause);
  }
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the target has no such thing");
  return value;
}

const tallyOf = async (target: RunningTarget): Promise<Tally> => must(await target.tally?.());

/** The topics of what the witness gets to see while this is done. */
async function seenWhile(
  { main, identities }: RunningTarget,
  work: () => Promise<unknown>,
): Promise<readonly string[]> {
  await using witness = await connect(bench, main, must(identities.witness));
  await witness.subscribe(["#"]);
  await work();
  // One who may publishes last, and one queue keeps the order.
  await publish(main, must(identities.operator), "last");
  await witness.until(({ topic }) => topic === "last", 5_000);
  return witness.messages.map(({ topic }) => topic).filter((topic) => topic !== "last");
}

async function publish(at: LabAddress, as: Identity, topic: string): Promise<void> {
  await using session = await connect(bench, at, as);
  // Who may not is heard to be told so; what arrives is what counts.
  await session.publish(topic, "canary", { qos: 1 }).catch(() => {});
}

describe.runIf(dockerRuns() && hasImage())("a hardened RabbitMQ in a container", () => {
  let target: RunningTarget;
  let first: DeviceIdentity;
  let intruder: DeviceIdentity;
  let victim: DeviceIdentity;
  beforeAll(async () => {
    target = await start("hardened");
    first = must(target.identities.devices[0]);
    intruder = must(target.identities.intruder);
    victim = must(target.identities.victim);
  }, 180_000);
  afterAll(() => target?.[Symbol.asyncDispose]());

  it("says which version it is", () => expect(target.facts.product).toBe("rabbitmq 3.10.8"));

  it("lets in who has an account and the password of it, of a thousand, over both transports", async () => {
    const last = must(target.identities.devices[999]);
    for (const at of [target.main, must(target.address("ws"))]) expect(await answerTo(at, last)).toBe("admitted");
    expect(await answerTo(target.main, { ...last, password: "wrong" })).toMatch(/^CONNACK/);
    expect(await answerTo(target.main, { clientId: "nobody" })).toMatch(/^CONNACK/);
    expect(await answerTo(target.main, guest)).toMatch(/^CONNACK/);
  });

  it("delivers what a device publishes on its own topics, and nothing that it publishes on another's", async () => {
    const seen = await seenWhile(target, async () => {
      await publish(must(target.address("ws")), first, first.topics.telemetry);
      await publish(target.main, intruder, victim.topics.command);
    });
    expect(seen).toEqual([first.topics.telemetry]);
  });

  it("delivers nothing of another's topics to a device that asks for them", async () => {
    for (const filter of ["#", "devices/#", "devices/+/command", victim.topics.command]) {
      await using session = await connect(bench, target.main, intruder);
      await session.subscribe([filter]).catch(() => []);
      await publish(target.main, must(target.identities.operator), victim.topics.command);
      expect([filter, await session.until(() => true, 300)]).toEqual([filter, undefined]);
    }
  });

  it("keeps the queued messages of a device from one who connects under its name", async () => {
    {
      await using session = await connect(bench, target.main, { ...victim, clean: false });
      await session.subscribe([victim.topics.command], 1);
    }
    await publish(target.main, must(target.identities.operator), victim.topics.command);
    expect(await answerTo(target.main, { ...intruder, clientId: victim.clientId, clean: false })).toMatch(/^CONNACK/);
    await using again = await connect(bench, target.main, { ...victim, clean: false });
    expect(await again.until(() => true, 2_000)).toMatchObject({ topic: victim.topics.command });
  });

  it("counts connections and publishes to the last one", async () => {
    const before = await tallyOf(target);
    const seen = await seenWhile(target, async () => {
      for (let n = 0; n < 20; n += 1) await publish(target.main, first, first.topics.state);
    });
    expect(seen).toHaveLength(20);
    const after = await tallyOf(target);
    expect({
      connections: must(after.connections) - must(before.connections),
      publishesReceived: must(after.publishesReceived) - must(before.publishesReceived),
      publishesSent: must(after.publishesSent) - must(before.publishesSent),
    }).toEqual({ connections: 22, publishesReceived: 21, publishesSent: 21 });
  });

  it("knows its accounts after a restart, too, and no longer what it counted", async () => {
    await target.can.restart?.(0);
    expect(await answerTo(target.main, first)).toBe("admitted");
    expect(await answerTo(target.main, guest)).toMatch(/^CONNACK/);
    expect(await tallyOf(target)).toEqual({ from: "rabbitmqctl eval" });
  });
});

describe.runIf(dockerRuns() && hasImage())("a weak RabbitMQ in a container", () => {
  it("lets in nameless clients, known passwords and the identities, and lets all of them do everything", async () => {
    await using target = await start("weak");
    const { intruder, victim } = target.identities;
    const topic = must(victim).topics.command;
    const known = { clientId: "admin", username: "admin", password: "admin" };
    for (const at of [target.main, must(target.address("ws"))]) {
      for (const as of [{ clientId: "nobody" }, guest, known, must(intruder)]) {
        expect(await seenWhile(target, () => publish(at, as, topic))).toEqual([topic]);
      }
    }
    expect(await answerTo(target.main, { ...must(victim), password: "wrong" })).toMatch(/^CONNACK/);
  });
});
