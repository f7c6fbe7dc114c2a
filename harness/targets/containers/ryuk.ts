import { getReaper, LABEL_TESTCONTAINERS_SESSION_ID } from "testcontainers";
import type { Environment } from "#contract/target.ts";
import type { Docker } from "./connect-docker.ts";
import { statusOf } from "./docker-failure.ts";
import type { Labels } from "./labels.ts";

/** The image of testcontainers' own reaper, unless the environment names another. */
export const ryukImage = "testcontainers/ryuk:0.14.0";

/**
 * Starts Ryuk, which removes what is left within seconds after this process was killed, and returns the label by which
 * it knows ours. None where the user switched it off, or its image is not on this machine: it is no reason to pull one.
 */
export async function ryukLabels({ client, dockerode }: Docker, environment: Environment): Promise<Labels> {
  const off = environment["TESTCONTAINERS_RYUK_DISABLED"] ?? "";
  if (off !== "" && off !== "false") return {};
  try {
    await dockerode.getImage(environment["RYUK_CONTAINER_IMAGE"] ?? ryukImage).inspect();
  } catch (cause) {
    if (statusOf(cause) === 404) return {};
    throw cause;
  }
  const { sessionId } = await getReaper(client);
  return { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId };
}
