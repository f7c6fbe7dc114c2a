import type { Identities } from "#contract/identity.ts";
import { type Login, loginsOf } from "../accounts/lab-identities.ts";
import type { Write } from "../process/secret-files.ts";
import { type PskKeys } from "./coap-identities.ts";

/** All that the words of a command line for coap-server depend on. */
export interface ServerSetting {
  readonly bind: string;
  readonly port: number;
  /** Resources that clients may create, those of seatrial among them. */
  readonly dynamicResources: number;
  /** Whether it forwards requests to other servers, for anybody. */
  readonly proxy: boolean;
  /** Absent where it speaks no DTLS. */
  readonly psk?: { readonly keys: PskKeys; readonly identities: Identities; readonly decoy: string };
}

/** The hint that it sends; lines of the key file are matched with it. */
const hint = "CoAP";
/** A proxy needs a name by which a request means itself; nobody has this one. */
const ownName = "seatrial.invalid";
/** Warnings: datagrams that are no CoAP, records that are no DTLS. What is above would be a line for every message. */
const verbosity = "4";

/** The words of a command line for coap-server. */
export function serverWords(
  { bind, port, dynamicResources, proxy, psk }: ServerSetting,
  write: Write,
): readonly string[] {
  return [
    ...listening(bind, port),
    ...(dynamicResources > 0 ? ["-d", String(dynamicResources)] : []),
    ...(proxy ? ["-P", `,${ownName}`] : []),
    ...(psk ? pskWords(psk, write) : []),
  ];
}

/** The words for a member of a multicast group on the loopback interface; it listens on the address of the group alone. */
export function groupWords(group: string, port: number): readonly string[] {
  return [...listening(group, port), "-g", group, "-G", "lo"];
}

/** The words of a command line for coap-rd, which has one key for everybody. */
export function rdWords({ port, key }: { readonly port: number; readonly key?: string }): readonly string[] {
  return [...listening("127.0.0.1", port), ...(key === undefined ? [] : ["-h", hint, "-k", key])];
}

function listening(bind: string, port: number): readonly string[] {
  return ["-A", bind, "-p", String(port), "-v", verbosity];
}

function pskWords({ keys, identities, decoy }: NonNullable<ServerSetting["psk"]>, write: Write): readonly string[] {
  const logins = loginsOf(identities);
  const [first] = logins;
  if (keys !== "per-device") return ["-h", hint, "-k", first?.password ?? decoy];
  // An identity that is not in the file gets the key of -k, which nobody knows.
  return ["-h", hint, "-k", decoy, "-i", write("identities", keyLines(logins))];
}

/** A line for each identity: the hint and the identity to match, and the key to use then. */
export function keyLines(logins: readonly Login[]): string {
  return logins.map(({ username, password }) => `${hint},${username},${password}\n`).join("");
}
