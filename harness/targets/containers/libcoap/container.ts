import type { Identities } from "#contract/identity.ts";
import type { Posture } from "#contract/target.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { coapIdentities, type PskKeys } from "../../libcoap/coap-identities.ts";
import { libcoapLogKinds } from "../../libcoap/log-kinds.ts";
import { putResource } from "../../libcoap/put-resource.ts";
import { roomForFleet, seedsFor, serverResources } from "../../libcoap/seeds.ts";
import { serverKnobsOf } from "../../libcoap/server-knobs.ts";
import { serverWords } from "../../libcoap/server-words.ts";
import { unkept } from "../../reach/unkept-wire.ts";
import type { ContainerFile, ContainerRecipe, ContainerSetup } from "../container-recipe.ts";

const program = "coap-server-openssl";
const port = 5683;
const user = "5683:5683";
const decoyBytes = 16;

/** coap-server of libcoap in a container, set up as `local:coap-server-openssl` is. Its plain port stays open beside coaps. */
export const libcoap: ContainerRecipe = {
  name: "libcoap",
  title: "libcoap's coap-server in a container, with PSK; it cannot close its plain port",
  speaks: ["coap"],
  image: "seatrial/libcoap:4.3.1-debian12",
  listeners: [
    { scheme: "coap", port },
    { scheme: "coaps", port: port + 1 },
    { scheme: "coap+tcp", port },
  ],
  readOnlyRoot: true,
  memoryBytes: 64 * 1024 ** 2,
  readyWithinMs: 15_000,
  logKinds: libcoapLogKinds,

  identities: ({ posture, devices, random }) => coapIdentities(random, devices, keysOf(posture)),

  async configure({ posture, identities, random }): Promise<ContainerSetup> {
    const files: ContainerFile[] = [];
    const { proxy } = serverKnobsOf(posture, {});
    const words = serverWords(
      {
        bind: "0.0.0.0",
        port,
        dynamicResources: seedsFor(identities).length + roomOf(posture, identities),
        proxy,
        psk: { keys: keysOf(posture), identities, decoy: random.hex(decoyBytes) },
      },
      (name, content) => {
        const path = `/seatrial/${name}`;
        files.push({ path, content, mode: 0o600 });
        return path;
      },
    );
    return { files, command: [program, ...words], user };
  },

  async product({ exec }) {
    // None has an option that only prints the version; an unknown one prints how to use it.
    const { output } = await exec([program, "-?"]);
    return `${program} ${/ v(\d[\w.]*) -- /.exec(output)?.[1] ?? "of unknown version"} (libcoap)`;
  },

  resources: ({ posture, identities }) => serverResources(identities, { hasRoom: roomOf(posture, identities) > 0 }),

  async prepare({ bench, main, identities }) {
    await using probe = await openProbe({ ...bench, wire: unkept }, main);
    for (const seed of seedsFor(identities)) await putResource(probe, seed);
  },
};

function roomOf(posture: Posture, identities: Identities): number {
  return serverKnobsOf(posture, {}).dynamicResources + roomForFleet(identities);
}

function keysOf(posture: Posture): PskKeys {
  return serverKnobsOf(posture, {}).pskKeys;
}
