import type { Bench, Scheme } from "#contract/bench.ts";
import type { Claim, RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { programCapabilities, programOffers } from "../process/local-program.ts";
import { coapIdentities } from "./coap-identities.ts";
import { type Flavour, libcoapProgram } from "./program.ts";
import { roomForFleet, seedsFor, serverResources } from "./seeds.ts";
import { plainServerKnobs, secureServerKnobs, serverKnobsOf } from "./server-knobs.ts";
import { groupWords, serverWords } from "./server-words.ts";
import { startServer } from "./start-server.ts";

const decoyBytes = 16;

/** The target `local:coap-server-<flavour>`: coap-server of the libcoap of this machine, set up by seatrial. */
export function serverTarget(flavour: Flavour, title: string): Target {
  const isSecure = flavour !== "notls";
  const id = `local:coap-server-${flavour}`;
  const schemes: readonly Scheme[] = isSecure ? ["coap", "coaps", "coap+tcp"] : ["coap", "coap+tcp"];
  return {
    id,
    title,
    speaks: ["coap"],
    offers: programOffers,
    listens: schemes,
    knobs: isSecure ? secureServerKnobs : plainServerKnobs,
    start: (bench, claim, order) => startCoapServer(id, flavour, { bench, claim, order }),
  };
}

/** Starts it for a target of this id. */
export async function startCoapServer(
  target: string,
  flavour: Flavour,
  { bench, claim, order }: { readonly bench: Bench; readonly claim: Claim; readonly order: TargetOrder },
): Promise<RunningTarget> {
  const program = await libcoapProgram(target, "coap-server", flavour);
  const isSecure = flavour !== "notls";
  const knobs = serverKnobsOf(order.posture, order.knobs);
  const { dynamicResources, proxy, multicast, pskKeys: keys } = knobs;
  const identities = coapIdentities(bench.random, order.devices, keys);
  const decoy = bench.random.hex(decoyBytes);
  const seeds = seedsFor(identities);
  const room = dynamicResources + roomForFleet(identities);
  const { programs, main, addresses, group } = await startServer(bench, claim, {
    target,
    program,
    isSecure,
    order,
    seeds,
    words: (port, write) =>
      serverWords(
        {
          bind: "127.0.0.1",
          port,
          dynamicResources: seeds.length + room,
          proxy,
          ...(isSecure && { psk: { keys, identities, decoy } }),
        },
        write,
      ),
    ...(multicast && { group: groupWords }),
  });
  return {
    facts: {
      id: target,
      product: `${program.name} ${program.version} (libcoap)`,
      // The server is the shipped program, but devices and network are not: `physical` would promise too much.
      fidelity: "emulated",
      posture: order.posture,
      knobs: isSecure ? { ...knobs } : { dynamicResources, proxy, multicast },
    },
    can: programCapabilities(programs),
    identities,
    main,
    address: (scheme) => addresses.get(scheme),
    resources: serverResources(identities, { hasRoom: room > 0, ...(group && { group }) }),
    [Symbol.asyncDispose]: async () => {
      for (const each of programs) await each[Symbol.asyncDispose]();
    },
  };
}
