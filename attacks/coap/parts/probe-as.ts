import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { openProbe, type Probe, probeOver } from "#simulator/coap/probe.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import { recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { ownedHost } from "./owned-host.ts";

/** What a handshake may take. */
const handshakeWithinMs = 3_000;

/**
 * A probe of a legitimate client, down to the single message: inside DTLS where the target has that and the identity has a
 * key, plain from the n-th address otherwise (see owned-host.ts). Throws as a handshake does.
 */
export async function openProbeAs(bench: Bench, ground: Ground, as: Identity | undefined, n: number): Promise<Probe> {
  const secure = [ground.at, ...ground.listeners].find(({ scheme }) => scheme === "coaps");
  if (secure === undefined || as?.password === undefined) return openProbe(bench, ground.at, ownedHost(ground.at, n));
  const to = { host: secure.host, port: secure.port };
  const local = ownedHost(secure, n).host ?? (to.host.includes(":") ? "::" : "0.0.0.0");
  const port = recordedPort(await openUdpPort({ host: local, port: 0 }), bench.wire);
  const session = await connectDtls(port, bench, {
    to,
    identity: as.username ?? as.clientId,
    key: Buffer.from(as.password),
    withinMs: handshakeWithinMs,
  });
  return probeOver(bench, session, to, port.reference(to));
}
