import type { Bench, LabAddress } from "#contract/bench.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { allSuites } from "#simulator/dtls/cipher-suite.ts";
import { randomBytes, writeClientHello } from "#simulator/dtls/client-hello.ts";
import { handshakeType, writeMessage } from "#simulator/dtls/handshake-message.ts";
import { contentType, readRecord, writeRecord } from "#simulator/dtls/record.ts";
import { dtlsVersion } from "#simulator/dtls/version.ts";
import { askAgain } from "./ask-again.ts";

/** ECDHE-ECDSA and ECDHE-RSA with AES-128-GCM, ECDHE-ECDSA with CCM_8: for who takes certificates and no PSK. */
const withCertificates = [0xc02b, 0xc02f, 0xc0ae];

/**
 * Sends a ClientHello; any record of DTLS is an answer: a HelloVerifyRequest, a ServerHello or an alert. No handshake is
 * gone through, so no credentials are needed. Throws where nothing comes in time.
 */
export async function askDtls(bench: Bench, at: LabAddress, withinMs: number): Promise<void> {
  await using probe = await openProbe(bench, at);
  const hello = clientHello(Buffer.from(bench.random.hex(randomBytes), "hex"));
  const answer = await askAgain(withinMs, (waitMs) => {
    probe.send(hello);
    return probe.hear(waitMs, ({ bytes }) => readRecord(bytes) !== undefined);
  });
  if (answer === undefined) throw new Error(`no record of DTLS within ${withinMs} ms`);
}

function clientHello(random: Buffer): Buffer {
  const body = writeClientHello({
    version: dtlsVersion["1.2"],
    random,
    sessionId: Buffer.alloc(0),
    cookie: Buffer.alloc(0),
    suites: [...allSuites, ...withCertificates],
    compressions: Buffer.of(0),
    extensions: [],
  });
  // Before the version is agreed on a record says 1.0 (RFC 6347 §4.2.1).
  const header = { type: contentType.handshake, version: dtlsVersion["1.0"], epoch: 0, sequence: 0 };
  return writeRecord(header, writeMessage({ type: handshakeType.clientHello, sequence: 0, body }));
}
