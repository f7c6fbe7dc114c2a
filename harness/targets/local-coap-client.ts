import { LabError } from "#contract/errors.ts";
import type { RunningTarget, Target } from "#contract/target.ts";
import { coapClient } from "./libcoap/coap-client.ts";
import { libcoapProgram } from "./libcoap/program.ts";
import { plainServerKnobs } from "./libcoap/server-knobs.ts";
import { startCoapServer } from "./libcoap/server-target.ts";
import { programOffers } from "./process/local-program.ts";

const id = "local:coap-client";

/**
 * A device made of libcoap's programs. coap-client is what calls the servers that attacks open; coap-server-notls stands
 * beside it for the server that a CoAP device usually is as well, and is what attacks on servers meet here.
 */
export const localCoapClient: Target = {
  id,
  title:
    "The coap-client program of this machine (libcoap) as a device under test, and coap-server-notls as its own server",
  speaks: ["coap"],
  offers: programOffers,
  listens: ["coap", "coap+tcp"],
  knobs: plainServerKnobs,

  async start(bench, claim, order): Promise<RunningTarget> {
    const [plain, secure] = await Promise.all([
      libcoapProgram(id, "coap-client", "notls"),
      libcoapProgram(id, "coap-client", "openssl"),
    ]);
    const server = await startCoapServer(id, "notls", { bench, claim, order });
    const { identities, facts } = server;
    const own = identities.victim;
    if (own === undefined) throw noIdentity();
    const caller = coapClient(bench, { plain, secure, own, lease: order.lease });
    return { ...server, facts: { ...facts, product: `${caller.product}, ${facts.product}` }, caller };
  },
};

function noIdentity(): LabError {
  return new LabError(
    "E_TARGET_START",
    `${id}: there is no identity for it`,
    "This is a mistake in seatrial; report it.",
  );
}
