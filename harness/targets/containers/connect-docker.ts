import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ContainerRuntimeClient, getContainerRuntimeClient } from "testcontainers";
import { z } from "zod";
import { LabError } from "#contract/errors.ts";
import type { Claim, Environment } from "#contract/target.ts";
import { type DockerPlace, namedDockers, placeOf } from "./docker-host.ts";
import { whyNoDocker } from "./why-no-docker.ts";

export type Dockerode = ContainerRuntimeClient["container"]["dockerode"];

/** A Docker that answers, and that may be used. */
export interface Docker {
  readonly client: ContainerRuntimeClient;
  readonly dockerode: Dockerode;
  /** Where ports are published: 127.0.0.1, or the address of a Docker elsewhere that the user's scope names. */
  readonly publishOn: string;
}

/** What the modem below dockerode knows, for which there are no types. */
const network = z.object({ host: z.string().min(1), port: z.coerce.number() });
const socket = z.object({ socketPath: z.string() });

/** Makes sure that this Docker may be used, and returns its address. */
type ClaimPlace = (place: { readonly host: string; readonly port: number }) => Promise<string>;

const loopback = /^(localhost|127\.[\d.]+|::1)$/;

/**
 * Finds Docker as testcontainers does. A Docker on the network is claimed before anything connects to it, so that one
 * elsewhere is out of scope unless the user's scope file names it. Throws E_OUT_OF_SCOPE, E_USAGE, E_PROGRAM_MISSING
 * where there is none, and E_TARGET_START where it cannot be used.
 */
export async function connectDocker(environment: Environment, claim: Claim): Promise<Docker> {
  return connectClaimed(environment, async ({ host, port }) => (await claim({ scheme: "mqtt", host, port })).host);
}

/** The same for looking after what is left of earlier runs: a Docker elsewhere is not asked. */
export async function connectLocalDocker(environment: Environment): Promise<Docker> {
  return connectClaimed(environment, async ({ host, port }) => {
    if (loopback.test(host)) return host;
    throw new LabError(
      "E_OUT_OF_SCOPE",
      `the Docker at ${host}:${port} is not on this machine`,
      "Remove what is left there by hand: docker rm -f $(docker ps -aq --filter label=seatrial.run)",
    );
  });
}

async function connectClaimed(environment: Environment, claimPlace: ClaimPlace): Promise<Docker> {
  const places = namedDockers(environment, await testcontainersProperties()).map(placeOf);
  let address = "127.0.0.1";
  for (const place of places) if (place.kind === "network") address = await claimPlace(place);
  const client = await clientOrReason(() => whyNoDocker(places, environment));
  const { dockerode } = client.container;
  const found = placeUsed(dockerode);
  // Testcontainers goes on to the usual sockets where a named Docker is silent; that would be another one than was asked for.
  if (places.length > 0 && !places.some((place) => isSame(place, found))) throw await whyNoDocker(places, environment);
  return { client, dockerode, publishOn: found.kind === "socket" || loopback.test(address) ? "127.0.0.1" : address };
}

async function clientOrReason(reason: () => Promise<LabError>): Promise<ContainerRuntimeClient> {
  try {
    return await getContainerRuntimeClient();
  } catch {
    // Its message only says that none works.
    throw await reason();
  }
}

/** Where this client talks to Docker. */
function placeUsed(dockerode: Dockerode): DockerPlace {
  const { success, data } = network.safeParse(dockerode.modem);
  if (success) return { kind: "network", ...data };
  return { kind: "socket", path: socket.parse(dockerode.modem).socketPath };
}

function isSame(one: DockerPlace, other: DockerPlace): boolean {
  if (one.kind === "socket") return other.kind === "socket" && one.path === other.path;
  return other.kind === "network" && one.host === other.host && one.port === other.port;
}

async function testcontainersProperties(): Promise<string> {
  try {
    return await readFile(join(homedir(), ".testcontainers.properties"), "utf8");
  } catch {
    return "";
  }
}
