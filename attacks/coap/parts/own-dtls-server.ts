import type { Bench } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { startDtlsServer } from "#simulator/dtls/dtls-server.ts";
import { hardenedDtls } from "#simulator/dtls/server-knobs.ts";
import type { RecordedPort } from "#simulator/udp/recorded-port.ts";
import { type OwnServer, ownServerOn } from "./own-server.ts";

/** A key that a device and a server of ours share for one call. */
export function callKey(bench: Bench): Identity & { readonly username: string; readonly password: string } {
  return { clientId: "device", username: "device", password: bench.random.hex(16) };
}

/** Serves by DTLS on this socket whoever has that key. */
export function ownDtlsServerOn(bench: Bench, port: RecordedPort, who: ReturnType<typeof callKey>): OwnServer {
  const keyOf = (identity: string) => (identity === who.username ? Buffer.from(who.password) : undefined);
  return ownServerOn(bench, startDtlsServer(port, bench, { knobs: hardenedDtls, keyOf }));
}
