import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { CoapScheme } from "#contract/bench.ts";
import type { Twin } from "#contract/check.ts";
import type { Identities, Identity } from "#contract/identity.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Posture, RunningTarget } from "#contract/target.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { crossProtocol } from "./cross-protocol.ts";
import { groupActuation } from "./group-actuation.ts";
import { groupRequest } from "./group-request.ts";
import { grownResponse } from "./grown-response.ts";
import { notificationFlood } from "./notification-flood.ts";
import { observationTheft } from "./observation-theft.ts";
import { observerCrowd } from "./observer-crowd.ts";
import { reflection } from "./reflection.ts";
import { requestFlood } from "./request-flood.ts";
import { silentObserver } from "./silent-observer.ts";
import { unacknowledgedAnswers } from "./unacknowledged-answers.ts";

const attacks: readonly Attack[] = [
  reflection,
  crossProtocol,
  grownResponse,
  silentObserver,
  observationTheft,
  observerCrowd,
  notificationFlood,
  requestFlood,
  unacknowledgedAnswers,
  groupRequest,
  groupActuation,
];
const twins = attacks.flatMap((attack) =>
  attack.twins.map((twin) => ({ attack, twin, kills: twin.kills, knob: twin.loosen.knob })),
);
const schemes: readonly CoapScheme[] = ["coap", "coaps", "coap+tcp"];

function serverWith(knobs: JsonObject, posture: Posture = "hardened"): Promise<RunningTarget> {
  return embeddedCoap.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture, knobs, devices: 3, lease: () => {}, environment: {} },
  );
}

function groundOf(target: RunningTarget, identities: Identities = target.identities): Ground {
  const { main, facts, resources } = target;
  const listeners = schemes.flatMap((scheme) => target.address(scheme) ?? []);
  return { at: main, listeners, identities, facts, ...(resources && { resources }) };
}

const withoutKey = <I extends Identity>(identity: I): I => ({ ...identity, password: "not the key" });

function lockedOut({ operator, intruder, victim }: Identities): Identities {
  return {
    ...(operator && { operator: withoutKey(operator) }),
    ...(intruder && { intruder: withoutKey(intruder) }),
    ...(victim && { victim: withoutKey(victim) }),
    devices: [],
  };
}

async function verdict(attack: Attack, { kills, both, parameters }: Twin, knobs: JsonObject, isBroken = false) {
  await using target = await serverWith({ ...both?.["coap-server"], ...knobs });
  const ground = groundOf(target, isBroken ? lockedOut(target.identities) : target.identities);
  const record = await launchAlone(attack, ground, parameters);
  return attack.checks.find(({ id }) => id === kills)?.judge(record);
}

describe.each(twins)("$kills", ({ attack, twin, knob }) => {
  it(`fails with ${knob} ${String(twin.loosen.value)}`, async () => {
    expect(await verdict(attack, twin, { [knob]: twin.loosen.value })).toMatchObject({ verdict: "fail" });
  });

  it("passes with nothing loosened", async () => {
    expect(await verdict(attack, twin, {})).toMatchObject({ verdict: "pass" });
  });

  it("is undecided where every key is wrong", async () => {
    expect(await verdict(attack, twin, {}, true)).toMatchObject({ verdict: "inconclusive" });
  });
});

it.each(attacks)("$id passes every check on a hardened server", async (attack) => {
  await using target = await serverWith({});
  const record = await launchAlone(attack, groundOf(target));
  expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
    attack.checks.map(() => ({ verdict: "pass" })),
  );
});

/** A server without any limit serves everybody during a flood of this size: only a limit that is too low does not. */
const heldByTheWeak = new Set(["honest-requests-are-served-during-flood"]);

it.each(attacks)("$id finds the weak posture weak", async (attack) => {
  await using target = await serverWith({}, "weak");
  const record = await launchAlone(attack, groundOf(target));
  expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
    attack.checks.map(({ id }) => ({ verdict: heldByTheWeak.has(id) ? "pass" : "fail" })),
  );
});
