import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { Scheme } from "#contract/bench.ts";
import type { Twin } from "#contract/check.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunningTarget } from "#contract/target.ts";
import { embedded } from "#targets/embedded.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
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
const twins = attacks.flatMap((attack) => attack.twins.map((twin) => ({ attack, twin, kills: twin.kills })));

function embeddedWith(knobs: JsonObject): Promise<RunningTarget> {
  return embedded.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture: "hardened", knobs, devices: 3, lease: () => {}, environment: {} },
  );
}

function groundOf(target: RunningTarget, scheme: Scheme = "mqtt"): Ground {
  const { main, identities, facts } = target;
  return { at: target.address(scheme) ?? main, listeners: [], identities, facts };
}

async function verdict(attack: Attack, check: string, knobs: JsonObject, twin?: Twin) {
  await using target = await embeddedWith({ ...twin?.both?.broker, ...knobs });
  const record = await launchAlone(attack, groundOf(target), twin?.parameters);
  return attack.checks.find(({ id }) => id === check)?.judge(record);
}

describe.each(twins)("$kills", ({ attack, twin, kills }) => {
  it(`fails with ${twin.loosen.knob} ${String(twin.loosen.value)}`, async () => {
    const answer = await verdict(attack, kills, { [twin.loosen.knob]: twin.loosen.value }, twin);
    expect(answer).toMatchObject({ verdict: "fail" });
  });

  it("passes with nothing loosened", async () => {
    expect(await verdict(attack, kills, {}, twin)).toMatchObject({ verdict: "pass" });
  });
});

describe.each(["ws", "mqtts", "wss"] as const)("over %s", (scheme) => {
  it.each(attacks)("$id passes on a hardened broker", async (attack) => {
    await using target = await embeddedWith({});
    const record = await launchAlone(attack, groundOf(target, scheme));
    expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
      attack.checks.map(() => ({ verdict: "pass" })),
    );
  });
});

it.each(attacks)("$id passes on a broker that asks for client certificates", async (attack) => {
  await using target = await embeddedWith({ authentication: "certificate" });
  const record = await launchAlone(attack, groundOf(target, "mqtts"));
  expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
    attack.checks.map(() => ({ verdict: "pass" })),
  );
});

it.each(attacks)("$id finds the weak posture weak", async (attack) => {
  await using target = await embeddedWith({
    authentication: "none",
    factoryLogin: true,
    authorization: "open",
    clientIds: "free",
    systemTopics: "open",
  });
  const record = await launchAlone(attack, groundOf(target));
  expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
    attack.checks.map(() => ({ verdict: "fail" })),
  );
});
