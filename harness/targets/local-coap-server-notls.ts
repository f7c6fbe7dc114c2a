import type { Target } from "#contract/target.ts";
import { serverTarget } from "./libcoap/server-target.ts";

/** The coap-server that is installed on this machine, without DTLS: nobody proves who they are. */
export const localCoapServerNotls: Target = serverTarget(
  "notls",
  "The coap-server-notls program of this machine (libcoap), which has no DTLS, so that everybody may do everything",
);
