import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { openCoapClient } from "#simulator/coap/client.ts";
import { code } from "#simulator/coap/code.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";

/** What came of reading one resource. */
export interface Reading {
  readonly code: number;
  readonly payload: Buffer;
}

/** Reads resources of a server, one at a time. */
export interface CoapReader extends AsyncDisposable {
  /** @param path without the first slash. Throws where no answer comes in time. */
  read(path: string, withinMs: number): Promise<Reading>;
}

/** Reads as anybody may, without security. */
export async function openPlainReader(bench: Bench, at: LabAddress): Promise<CoapReader> {
  const client = openCoapClient(await openUdpPort({ host: localHostFor(at), port: 0 }), bench);
  return readerOver(client, at);
}

/**
 * Reads through a DTLS session with a pre-shared key. Throws Refused where the server was heard to say no, and anything
 * else where no session came of it.
 */
export async function openSecureReader(
  bench: Bench,
  at: LabAddress,
  as: Identity,
  withinMs: number,
): Promise<CoapReader> {
  const port = await openUdpPort({ host: localHostFor(at), port: 0 });
  const session = await connectDtls(port, bench, {
    to: { host: at.host, port: at.port },
    identity: as.username ?? as.clientId,
    key: Buffer.from(as.password ?? ""),
    withinMs,
  });
  return readerOver(openCoapClient(session, bench), at);
}

function readerOver(client: ReturnType<typeof openCoapClient>, { host, port }: LabAddress): CoapReader {
  return {
    read: (path, withinMs) => client.request({ to: { host, port }, code: code.get, path, withinMs }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function localHostFor({ host }: LabAddress): string {
  if (host.includes(":")) return host === "::1" ? "::1" : "::";
  return host.startsWith("127.") ? "127.0.0.1" : "0.0.0.0";
}
