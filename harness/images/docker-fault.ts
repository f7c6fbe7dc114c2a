import { LabError } from "#contract/errors.ts";

/** The lab error for what the docker command said when it failed. `doing` is what was tried: `seatrial/mosquitto cannot be built`. */
export function dockerFault(doing: string, said: string): LabError {
  const known = faults.find(({ sign }) => sign.test(said));
  if (known !== undefined) return new LabError(known.code, `${doing}: ${known.what}`, known.hint);
  const last = said.trim().split("\n").slice(-12).join("\n    ");
  return new LabError("E_IMAGE", `${doing}:\n    ${last}`, "The lines above are Docker's own words.");
}

/** The lab error for a machine without the docker command. */
export function dockerMissing(cause: unknown): LabError {
  return new LabError(
    "E_DOCKER",
    "there is no docker command on this machine",
    "Install it (Debian and Ubuntu: sudo apt-get install docker.io), and start it.",
    { cause },
  );
}

const faults = [
  {
    sign: /permission denied.{0,80}(docker|daemon|\.sock)/is,
    code: "E_DOCKER",
    what: "Docker does not let this user in",
    hint: "Run it with sudo, or join the group docker (sudo usermod -aG docker $USER) and log in again; that group is as mighty as root.",
  },
  {
    sign: /cannot connect to the docker daemon|is the docker daemon running|error during connect|dial unix .*(no such file|refused)/i,
    code: "E_DOCKER",
    what: "the Docker daemon does not answer",
    hint: "Start it (sudo systemctl start docker), or correct DOCKER_HOST; `docker info` tells whether it answers.",
  },
  {
    sign: /no space left on device|disk quota exceeded/i,
    code: "E_STORE",
    what: "the disk is full",
    hint: "Free some space where Docker keeps its images (docker info names its root directory; docker system df tells what takes how much), and try again.",
  },
  {
    sign: /temporary failure resolving|could not resolve|failed to fetch|unable to connect to .*:(http|80|443)|connection timed out .*debian/i,
    code: "E_IMAGE",
    what: "Debian's packages cannot be fetched",
    hint: "Check the network and proxy of Docker's containers; on a machine without network, load a bundle instead: seatrial images load.",
  },
  {
    sign: /unable to locate package|version .* for .* was not found/i,
    code: "E_IMAGE",
    what: "Debian has no package of this name and version (any more)",
    hint: "Give the right suite with --suite, or a base image of that Debian with --base.",
  },
  {
    sign: /pull access denied|manifest unknown|failed to resolve|repository does not exist|lookup .*(no such host|misbehaving|i\/o timeout)|tls handshake timeout|client\.timeout|dial tcp|request canceled|name resolution/i,
    code: "E_IMAGE",
    what: "the base image cannot be fetched from a registry",
    hint: "Build without a registry: add --offline, or name a base image that is there with --base.",
  },
] as const;
