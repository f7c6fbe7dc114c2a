import { z } from "zod";
import { count } from "#contract/parameters.ts";
import type { CoapServerKnobs } from "../coap/serving.ts";

const most = 1_000_000;

/** Knobs of the CoAP engine; see serving.ts. */
export const messageShape = {
  messageParsing: z
    .enum(["strict", "lenient"])
    .optional()
    .describe(
      "malformed messages and unknown critical options: treated as RFC 7252 demands, or answered as if all were well",
    ),
  foreignDatagrams: z
    .enum(["silent", "answered"])
    .optional()
    .describe("datagrams that are no CoAP: not answered, or answered with 5.00 and a text"),
  deduplication: z
    .enum(["on", "off"])
    .optional()
    .describe("a confirmable request that comes again within 247 s: gets the stored answer, or is carried out again"),
  maxRememberedIds: count({ atMost: most })
    .optional()
    .describe("message ids that are remembered for deduplication; 0: no limit"),
  freshness: z
    .enum(["echo", "none"])
    .optional()
    .describe("whether a request outside DTLS that changes something has to bring a fresh Echo (RFC 9175)"),
  firstResponse: z
    .enum(["bounded", "whole"])
    .optional()
    .describe("answers to an address that is not proven: cut to three times the request, or sent whole"),
  maxRequestsPerSecond: count({ atMost: most })
    .optional()
    .describe("requests of one address in a second that are answered; 0: no limit"),
  maxObservers: count({ atMost: most }).optional().describe("observations at once; 0: no limit"),
  maxObserversPerPeer: count({ atMost: most }).optional().describe("observations of one endpoint; 0: no limit"),
  silentObservers: z
    .enum(["dropped", "kept"])
    .optional()
    .describe("an observer that acknowledges nothing: dropped after a few notifications, or notified for ever"),
  observerKey: z
    .enum(["endpoint-and-token", "token"])
    .optional()
    .describe("what an observation belongs to: endpoint and token, or the token alone"),
  resetMatching: z
    .enum(["endpoint", "message-id"])
    .optional()
    .describe("whether RST and ACK count only from the endpoint that the message went to, or from anywhere"),
  messageIds: z.enum(["random", "sequential"]).optional().describe("message ids of what the server sends"),
  notifications: z
    .enum(["limited", "every-change"])
    .optional()
    .describe("one notification under way to an observer, or one for every change"),
  maxPendingSeparate: count({ atMost: most })
    .optional()
    .describe("separate responses that are pending at once; more requests get 5.03; 0: no limit"),
  maxUploads: count({ atMost: most }).optional().describe("block-wise uploads that are open at once; 0: no limit"),
  maxBodyBytes: count({ atMost: 1 << 30 })
    .optional()
    .describe("longest body of a block-wise upload; 0: no limit"),
  uploadTimeoutMs: count({ atMost: 3_600_000 })
    .optional()
    .describe("time after which an upload that does not go on is forgotten, ms; 0: never"),
  blockOrder: z
    .enum(["strict", "lenient"])
    .optional()
    .describe("whether blocks must come in order and of one size, or are put together as they come"),
  uploadKey: z
    .enum(["endpoint-and-tag", "path"])
    .optional()
    .describe("what an upload belongs to: endpoint, path and Request-Tag; or the path, so that two bodies mix"),
  blockAccess: z
    .enum(["every-block", "first-block"])
    .optional()
    .describe("whether access is checked for every block that is read, or for the first"),
  multicast: z
    .enum(["careful", "careless"])
    .optional()
    .describe("multicast requests: no errors, no RST, only public reads, spread over Leisure; or like any other"),
} as const satisfies { readonly [K in keyof CoapServerKnobs]-?: z.ZodType };
