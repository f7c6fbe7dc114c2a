import { expect, it } from "vitest";
import type { Attack } from "#contract/attack.ts";
import type { JsonObject } from "#contract/observation.ts";
import { groundOfEmbeddedCoap, startEmbeddedCoap } from "#testing/embedded-coap.ts";
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
it("finds nothing on one hardened server, one attack after the other, not even with every vector", async () => {
  await using target = await startEmbeddedCoap({ uploadTimeoutMs: 200 });
  const parameters: { readonly [id: string]: JsonObject } = {
    "coap.malformed-messages": { vectors: "all", window: "200ms" },
    "coap.abandoned-upload": { forgottenWithin: "500ms" },
  };
  const found: unknown[] = [];
  for (const attack of [...attacks, ...attacks]) {
    const record = await launchAlone(attack, groundOfEmbeddedCoap(target), parameters[attack.id]);
    for (const check of attack.checks) {
      const { verdict: is, says } = check.judge(record);
      // Without DTLS nothing is carried out there, so that there is no request to hold back.
      if (is !== "pass" && check.id !== "delayed-requests-come-too-late") found.push([check.id, is, says]);
    }
  }
  expect(found).toEqual([]);
});
