import { z } from "zod";
import type { RunningTarget, Target } from "#contract/target.ts";
import { coapIdentities, manualKey } from "./libcoap/coap-identities.ts";
import { libcoapProgram } from "./libcoap/program.ts";
import { rdWords } from "./libcoap/server-words.ts";
import { startServer } from "./libcoap/start-server.ts";
import { programCapabilities, programOffers } from "./process/local-program.ts";

const id = "local:coap-rd";
const knobs = z.strictObject({
  dtls: z.boolean().optional().describe("speaks coaps with one PSK for everybody: false weak, true hardened"),
});

/** The resource directory that comes with libcoap: it takes registrations, and answers no lookups. */
export const localCoapRd: Target = {
  id,
  title:
    "The coap-rd program of this machine (libcoap), a resource directory without lookup; it cannot close its plain port",
  speaks: ["coap"],
  offers: programOffers,
  knobs,

  async start(bench, claim, order): Promise<RunningTarget> {
    const { posture } = order;
    const { dtls = posture === "hardened" } = knobs.parse(order.knobs);
    const program = await libcoapProgram(id, "coap-rd", dtls ? "openssl" : "notls");
    const identities = coapIdentities(bench.random, order.devices, posture === "hardened" ? "shared" : "default");
    const key = dtls ? (identities.operator?.password ?? manualKey) : undefined;
    const words = (port: number) => rdWords({ port, ...(key !== undefined && { key }) });
    const plan = { target: id, program, isSecure: dtls, order, seeds: [], words };
    const { programs, main, addresses } = await startServer(bench, claim, plan);
    return {
      facts: {
        id,
        product: `${program.name} ${program.version} (libcoap)`,
        fidelity: "emulated",
        posture,
        knobs: { dtls },
      },
      can: programCapabilities(programs),
      identities,
      main,
      address: (scheme) => addresses.get(scheme),
      resources: { open: ".well-known/core", sensitive: [], directory: "rd" },
      [Symbol.asyncDispose]: async () => {
        for (const each of programs) await each[Symbol.asyncDispose]();
      },
    };
  },
};
