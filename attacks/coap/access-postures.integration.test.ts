import { expect, it } from "vitest";
import type { Attack } from "#contract/attack.ts";
import { groundOfEmbeddedCoap, startEmbeddedCoap } from "#testing/embedded-coap.ts";
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
it("finds nothing on one hardened server, one attack after the other, and all of them again", async () => {
  await using target = await startEmbeddedCoap({});
  const found: unknown[] = [];
  for (const attack of [...attacks, ...attacks]) {
    const record = await launchAlone(attack, groundOfEmbeddedCoap(target));
    for (const check of attack.checks) {
      const { verdict: said, says } = check.judge(record);
      if (said !== "pass" && said !== "not-applicable") found.push([check.id, said, says]);
    }
  }
  expect(found).toEqual([]);
});

it.each(attacks)("$id finds the weak posture weak, also the second time", async (attack) => {
  await using target = await startEmbeddedCoap({}, "weak");
  for (const _ of ["once", "again"]) {
    const record = await launchAlone(attack, groundOfEmbeddedCoap(target));
    expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
      attack.checks.map(() => ({ verdict: "fail" })),
    );
  }
});
