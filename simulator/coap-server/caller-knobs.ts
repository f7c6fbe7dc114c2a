import { z } from "zod";

/** Knobs of the device that calls servers. */
export const callerShape = {
  callerTokens: z
    .enum(["random", "short"])
    .optional()
    .describe("tokens of the calling device: eight random bytes; or one byte that counts"),
  callerMatching: z
    .enum(["endpoint-and-token", "token-only"])
    .optional()
    .describe(
      "whether a response counts only from the endpoint that was asked, inside its DTLS session, or from anywhere",
    ),
  callerFreshness: z
    .enum(["checked", "off"])
    .optional()
    .describe("whether notifications that are older than the last, or come again, are dropped (RFC 7641 §3.4)"),
  callerRetries: z
    .enum(["backoff", "constant"])
    .optional()
    .describe(
      "without an answer: sent again after 2 to 3 s, doubled each time, four times, then a pause; or every half second, beside the next request",
    ),
  callerOverload: z
    .enum(["heeds", "ignores"])
    .optional()
    .describe("whether 5.03 and 4.29 with Max-Age hold the device back for so long"),
  callerPort: z
    .enum(["random", "fixed"])
    .optional()
    .describe("local port: another one for each call, or always the same"),
  callerFallback: z
    .enum(["never", "plain"])
    .optional()
    .describe("what happens where DTLS fails: it is tried again later; or coap is spoken at the port below"),
} as const;
