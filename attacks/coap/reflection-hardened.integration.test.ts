import { expect, it } from "vitest";
import type { Attack } from "#contract/attack.ts";
import { groundOfEmbeddedCoap, startEmbeddedCoap } from "#testing/embedded-coap.ts";
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

it.each(attacks)("$id passes every check on a hardened server", async (attack) => {
  await using target = await startEmbeddedCoap({});
  const record = await launchAlone(attack, groundOfEmbeddedCoap(target));
  expect(attack.checks.map((check) => check.judge(record))).toMatchObject(
    attack.checks.map(() => ({ verdict: "pass" })),
  );
});
