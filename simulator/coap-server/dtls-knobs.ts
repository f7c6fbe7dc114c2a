import { z } from "zod";
import { count } from "#contract/parameters.ts";
import type { DtlsServerKnobs } from "../dtls/server-knobs.ts";

const most = 1_000_000;

/** Knobs of the DTLS server; see ../dtls/server-knobs.ts. */
export const dtlsShape = {
  dtlsCookie: z
    .enum(["required", "off"])
    .optional()
    .describe("whether a client has to show by a cookie that it receives what is sent to its address, before any work"),
  dtlsSuites: z.enum(["strong", "weak"]).optional().describe("weak: CBC with SHA-1 and suites without encryption, too"),
  dtlsVersions: z.enum(["1.2", "1.0-too"]).optional().describe("whether DTLS 1.0 is spoken as well (RFC 8996)"),
  dtlsReplay: z.enum(["window", "off"]).optional().describe("whether a record that comes again is dropped"),
  dtlsEpoch: z
    .enum(["checked", "off"])
    .optional()
    .describe("whether records without protection are dropped in a session, or taken, alerts too"),
  pskHint: z.string().max(64).optional().describe("PSK identity hint; empty: none"),
  pskUnknown: z
    .enum(["alike", "told"])
    .optional()
    .describe("an unknown identity: fails as a wrong key does, or is told by its own alert"),
  dtlsGuesses: count({ atMost: most })
    .optional()
    .describe(
      "wrong keys of one address for one identity, after which that pair gets no answer for a minute; 0: no limit",
    ),
  maxHandshakes: count({ atMost: most }).optional().describe("handshakes under way at once; 0: no limit"),
  maxSessions: count({ atMost: most }).optional().describe("DTLS sessions at once; 0: no limit"),
  dtlsFull: z
    .enum(["evicts", "refuses"])
    .optional()
    .describe(
      "when there are as many as there may be: the oldest half-open or idle one gives way, or new ones are refused",
    ),
} as const satisfies { readonly [K in keyof DtlsServerKnobs]-?: z.ZodType };
