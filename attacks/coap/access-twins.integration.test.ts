import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { Twin } from "#contract/check.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunningTarget } from "#contract/target.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { borrowedName } from "./borrowed-name.ts";
import { directoryFlood } from "./directory-flood.ts";
import { directoryLookup } from "./directory-lookup.ts";
import { directoryTakeover } from "./directory-takeover.ts";
import { discovery } from "./discovery.ts";
import { foreignPaths } from "./foreign-paths.ts";
import { lwm2mBodies } from "./lwm2m-bodies.ts";
import { lwm2mBootstrap } from "./lwm2m-bootstrap.ts";
import { lwm2mFirmware } from "./lwm2m-firmware.ts";
import { lwm2mObjects } from "./lwm2m-objects.ts";
import { openProxy } from "./open-proxy.ts";
import { oscoreOptions } from "./oscore-options.ts";
import { pathConfusion } from "./path-confusion.ts";
import { plainAccess } from "./plain-access.ts";
import { proxyCache } from "./proxy-cache.ts";
import { proxyLoop } from "./proxy-loop.ts";

const attacks: readonly Attack[] = [
  discovery,
  plainAccess,
  foreignPaths,
  borrowedName,
  pathConfusion,
  openProxy,
  proxyLoop,
  proxyCache,
  directoryTakeover,
  directoryLookup,
  directoryFlood,
  lwm2mObjects,
  lwm2mBootstrap,
  lwm2mFirmware,
  lwm2mBodies,
  oscoreOptions,
];
const twins = attacks.flatMap((attack) => attack.twins.map((twin) => ({ attack, twin, kills: twin.kills })));

function start(knobs: JsonObject, posture: "hardened" | "weak" = "hardened"): Promise<RunningTarget> {
  return embeddedCoap.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture, knobs, devices: 1, lease: () => {}, environment: {} },
  );
}

function groundOf(target: RunningTarget): Ground {
  const { main, identities, facts, resources } = target;
  const secure = target.address("coaps");
  return { at: main, listeners: secure ? [secure] : [], identities, facts, ...(resources && { resources }) };
}

async function verdict(attack: Attack, check: string, knobs: JsonObject, twin: Twin) {
  await using target = await start({ ...twin.both?.["coap-server"], ...knobs });
  const record = await launchAlone(attack, groundOf(target), twin.parameters);
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

it("finds nothing on one hardened server, one attack after the other, and all of them again", async () => {
  await using target = await start({});
  const found: unknown[] = [];
  for (const attack of [...attacks, ...attacks]) {
    const record = await launchAlone(attack, groundOf(target));
    for (const check of attack.checks) {
      const { verdict: said, says } = check.judge(record);
      if (said !== "pass" && said !== "not-applicable") found.push([check.id, said, says]);
    }
  }
  expect(found).toEqual([]);
});

it.each(attacks)("$id finds the weak posture weak, also the second time", async (attack) => {
  await using target = await start({}, "weak");
  for (const _ of ["once", "again"]) {
    const record = await launchAlone(attack, groundOf(target));
    expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
      attack.checks.map(() => ({ verdict: "fail" })),
    );
  }
});
