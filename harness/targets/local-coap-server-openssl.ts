import type { Target } from "#contract/target.ts";
import { serverTarget } from "./libcoap/server-target.ts";

/** The coap-server that is installed on this machine, with DTLS of OpenSSL. Its plain port stays open beside it. */
export const localCoapServerOpenssl: Target = serverTarget(
  "openssl",
  "The coap-server-openssl program of this machine (libcoap), with PSK; it cannot close its plain port",
);
