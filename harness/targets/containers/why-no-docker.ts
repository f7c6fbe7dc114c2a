import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { LabError } from "#contract/errors.ts";
import type { Environment } from "#contract/target.ts";
import type { DockerPlace } from "./docker-host.ts";

/** What happened at a place where a Docker might listen: an error's code, or that something accepted. */
export interface Looked {
  readonly at: string;
  readonly found: string;
}

const answers = "accepts";
const lookWithinMs = 3_000;

/** Looks at the places where a Docker might listen, to say why none could be used. */
export async function whyNoDocker(named: readonly DockerPlace[], environment: Environment): Promise<LabError> {
  const places = named.length > 0 ? named : usualSockets(environment);
  return noDocker(await Promise.all(places.map(look)));
}

/** The error for what was found; the most telling place counts. */
export function noDocker(looked: readonly Looked[]): LabError {
  const at = (...codes: readonly string[]) => looked.find(({ found }) => codes.includes(found))?.at;
  const forbidden = at("EACCES", "EPERM");
  if (forbidden !== undefined) {
    return new LabError(
      "E_DOCKER",
      `Docker is there, but this user may not use it (${forbidden}: permission denied)`,
      `Add yourself to the group that may (sudo usermod -aG docker $USER), and log in again.`,
    );
  }
  const odd = at(answers);
  if (odd !== undefined) {
    return new LabError(
      "E_DOCKER",
      `something accepts connections at ${odd}, but does not answer as Docker does`,
      "Try: docker info. Its message says what is wrong.",
    );
  }
  const silent = at("ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENOTFOUND");
  if (silent !== undefined) {
    return new LabError(
      "E_DOCKER",
      `the Docker daemon does not run (nobody answers at ${silent})`,
      "Start it (sudo systemctl start docker, or Docker Desktop), and see that docker info works.",
    );
  }
  return new LabError(
    "E_DOCKER",
    `there is no Docker: nothing at ${looked.map(({ at: place }) => place).join(", ")}`,
    "Install Docker Engine or Docker Desktop and start it, or use --target local:mosquitto or --target embedded.",
  );
}

function usualSockets(environment: Environment): readonly DockerPlace[] {
  const runtime = environment["XDG_RUNTIME_DIR"];
  const paths = [
    "/var/run/docker.sock",
    ...(runtime === undefined ? [] : [join(runtime, "docker.sock")]),
    join(homedir(), ".docker", "run", "docker.sock"),
  ];
  return paths.map((path) => ({ kind: "socket", path }));
}

function look(place: DockerPlace): Promise<Looked> {
  const at = place.kind === "socket" ? place.path : `${place.host}:${place.port}`;
  return new Promise((resolve) => {
    const socket = connect(
      place.kind === "socket" ? { path: place.path } : { host: place.host, port: place.port },
      () => done(answers),
    );
    const done = (found: string) => {
      socket.destroy();
      resolve({ at, found });
    };
    socket.setTimeout(lookWithinMs, () => done("ETIMEDOUT"));
    socket.once("error", (cause) => done("code" in cause ? String(cause.code) : cause.message));
  });
}
