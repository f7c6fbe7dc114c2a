import { z } from "zod";

/** Knobs of the listener for CoAP over TCP, and of the fault that a fuzzer is to find. */
export const faultShape = {
  tcpFraming: z
    .enum(["strict", "lenient"])
    .optional()
    .describe(
      "coap+tcp: a CSM comes first, messages have 1,152 bytes at most, connections are few and may not dawdle, what breaks a rule is aborted; or everything is taken, of any length, and waited for without end",
    ),
  plantedFault: z
    .enum(["none", "hang", "crash", "dtls-crash"])
    .optional()
    .describe(
      "a sequence of messages, each ordinary, that makes the server hang until its watchdog starts it again, or end and be started again; or one of DTLS records that ends it; what it had in memory is lost",
    ),
} as const;
