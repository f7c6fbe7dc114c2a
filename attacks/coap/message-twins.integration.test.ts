import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { Twin } from "#contract/check.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { RunningTarget } from "#contract/target.ts";
import { embeddedCoap } from "#targets/embedded-coap.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { abandonedUpload } from "./abandoned-upload.ts";
import { blockAccess } from "./block-access.ts";
import { blockReads } from "./block-reads.ts";
import { duplicateRequest } from "./duplicate-request.ts";
import { malformedMessages } from "./malformed-messages.ts";
import { messageIdFlood } from "./message-id-flood.ts";
import { optionOverflow } from "./option-overflow.ts";
import { oversizedUpload } from "./oversized-upload.ts";
import { pendingResponses } from "./pending-responses.ts";
import { requestDelay } from "./request-delay.ts";
import { requestReplay } from "./request-replay.ts";
import { tcpAccess } from "./tcp-access.ts";
import { tcpFraming } from "./tcp-framing.ts";
import { tcpSlow } from "./tcp-slow.ts";
import { tokenAbuse } from "./token-abuse.ts";
import { unsolicitedMessages } from "./unsolicited-messages.ts";
import { uploadExhaustion } from "./upload-exhaustion.ts";
import { uploadMixing } from "./upload-mixing.ts";
import { uploadOrder } from "./upload-order.ts";

const attacks: readonly Attack[] = [
  malformedMessages,
  tokenAbuse,
  optionOverflow,
  unsolicitedMessages,
  duplicateRequest,
  requestReplay,
  requestDelay,
  messageIdFlood,
  pendingResponses,
  uploadOrder,
  uploadMixing,
  uploadExhaustion,
  oversizedUpload,
  abandonedUpload,
  blockAccess,
  blockReads,
  tcpFraming,
  tcpSlow,
  tcpAccess,
];
const twins = attacks.flatMap((attack) => attack.twins.map((twin) => ({ attack, twin, kills: twin.kills })));

function start(knobs: JsonObject): Promise<RunningTarget> {
  return embeddedCoap.start(
    benchOf([], { clock: realClock() }),
    async ({ scheme, port, ...more }) => loopback(port, scheme, more),
    { posture: "hardened", knobs, devices: 1, lease: () => {}, environment: {} },
  );
}

function groundOf(target: RunningTarget): Ground {
  const { main, identities, facts, resources } = target;
  const others = (["coaps", "coap+tcp"] as const).flatMap((scheme) => target.address(scheme) ?? []);
  return { at: main, listeners: others, identities, facts, ...(resources && { resources }) };
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

it("finds nothing on one hardened server, one attack after the other, not even with every vector", async () => {
  await using target = await start({ uploadTimeoutMs: 200 });
  const parameters: { readonly [id: string]: JsonObject } = {
    "coap.malformed-messages": { vectors: "all", window: "200ms" },
    "coap.abandoned-upload": { forgottenWithin: "500ms" },
  };
  const found: unknown[] = [];
  for (const attack of [...attacks, ...attacks]) {
    const record = await launchAlone(attack, groundOf(target), parameters[attack.id]);
    for (const check of attack.checks) {
      const { verdict: is, says } = check.judge(record);
      // Without DTLS nothing is carried out there, so that there is no request to hold back.
      if (is !== "pass" && check.id !== "delayed-requests-come-too-late") found.push([check.id, is, says]);
    }
  }
  expect(found).toEqual([]);
});
