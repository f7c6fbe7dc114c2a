import type { Target } from "#contract/target.ts";
import { serverTarget } from "./libcoap/server-target.ts";

/** The coap-server that is installed on this machine, with DTLS of GnuTLS. Its plain port stays open beside it. */
export const localCoapServerGnutls: Target = serverTarget(
  "gnutls",
  "The coap-server-gnutls program of this machine (libcoap), with PSK; it cannot close its plain port",
);
