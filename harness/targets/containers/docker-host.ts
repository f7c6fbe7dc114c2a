import { LabError } from "#contract/errors.ts";
import type { Environment } from "#contract/target.ts";

/** A Docker that somebody named, and where. */
export interface NamedDocker {
  readonly url: string;
  readonly namedBy: string;
}

/** Where a Docker listens for us. */
export type DockerPlace =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "network"; readonly host: string; readonly port: number };

/** Docker's own port, without and with TLS. */
const usualPort = { plain: 2375, tls: 2376 };

/**
 * Every Docker that testcontainers would connect to because somebody named it, in its order. It goes on to the usual
 * sockets where none of these answers.
 * @param properties text of `~/.testcontainers.properties`; empty where there is none.
 */
export function namedDockers(environment: Environment, properties: string): readonly NamedDocker[] {
  const file = propertiesOf(properties);
  const inFile = "~/.testcontainers.properties";
  const host = file.get("tc.host");
  const fromFile = file.get("docker.host");
  const fromEnvironment = environment["DOCKER_HOST"];
  return [
    ...(host === undefined ? [] : [{ url: host, namedBy: `tc.host in ${inFile}` }]),
    ...(fromEnvironment === undefined ? [] : [{ url: fromEnvironment, namedBy: "DOCKER_HOST" }]),
    ...(fromEnvironment === undefined && fromFile !== undefined
      ? [{ url: fromFile, namedBy: `docker.host in ${inFile}` }]
      : []),
  ];
}

/** Where this URL leads. Throws E_USAGE for one that testcontainers cannot use. */
export function placeOf({ url, namedBy }: NamedDocker): DockerPlace {
  const parsed = URL.parse(url);
  if (parsed === null) throw unusable(url, namedBy);
  const { protocol, hostname, port, pathname } = parsed;
  if (protocol === "unix:" || protocol === "npipe:") return { kind: "socket", path: pathname };
  if (!["tcp:", "http:", "https:"].includes(protocol) || hostname === "") throw unusable(url, namedBy);
  const usual = protocol === "https:" ? usualPort.tls : usualPort.plain;
  return { kind: "network", host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? usual : Number(port) };
}

function unusable(url: string, namedBy: string): LabError {
  return new LabError(
    "E_USAGE",
    `${namedBy} is ${url}, which is no address of a Docker that seatrial can use`,
    "Name one by unix://, npipe:// or tcp://. For one behind ssh forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock …",
  );
}

/** Lines `name = value` of a Java properties file; a backslash escapes what follows it. */
function propertiesOf(text: string): ReadonlyMap<string, string> {
  const pairs = text
    .split("\n")
    .map((line) => /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*?)\s*$/.exec(line))
    .flatMap((match) => (match === null ? [] : [[match[1] ?? "", unescaped(match[2] ?? "")] as const]));
  return new Map(pairs);
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/g, "$1");
}
