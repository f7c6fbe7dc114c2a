import { execFile } from "node:child_process";
import { LabError } from "#contract/errors.ts";
import { findProgram } from "../process/find-program.ts";

/** The library that a program of libcoap speaks DTLS with, by the name that Debian gives the program. */
export type Flavour = "notls" | "openssl" | "gnutls";

/** What libcoap's programs are for. */
export type Tool = "coap-server" | "coap-client" | "coap-rd";

/** An installed program of libcoap. */
export interface LibcoapProgram {
  readonly path: string;
  /** `coap-server-openssl` */
  readonly name: string;
  /** `4.3.1`; `of unknown version` where it does not say. */
  readonly version: string;
}

/**
 * A program of the libcoap of this machine. Throws E_PROGRAM_MISSING where there is none.
 * @param folders where to look; the usual ones unless told otherwise.
 */
export async function libcoapProgram(
  target: string,
  tool: Tool,
  flavour: Flavour,
  folders?: readonly string[],
): Promise<LibcoapProgram> {
  const name = `${tool}-${flavour}`;
  const path = findProgram(name, folders);
  if (path === undefined) {
    throw new LabError(
      "E_PROGRAM_MISSING",
      `${target}: no ${name} in /usr/bin, /usr/local or /opt/homebrew`,
      "Install it (apt-get install libcoap3-bin), or use --target embedded-coap.",
    );
  }
  return { path, name, version: await versionOf(path) };
}

function versionOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    // None has an option that only prints the version; an unknown one prints how to use it, and ends with code 1.
    execFile(path, ["-?"], { timeout: 5_000, maxBuffer: 262_144 }, (_failure, output, errors) => {
      resolve(/ v(\d[\w.]*) -- /.exec(`${output}${errors}`)?.[1] ?? "of unknown version");
    });
  });
}
