import type { CipherSuite } from "./cipher-suite.ts";
import { prf } from "./prf.ts";
import type { DtlsVersion } from "./version.ts";

export const masterSecretBytes = 48;
/** Bytes of `verify_data` in Finished. */
export const verifyBytes = 12;

/** The premaster secret of plain PSK (RFC 4279 §2): as many zeros as the key has bytes, then the key, each with its length. */
export function pskPremaster(key: Uint8Array): Buffer {
  const premaster = Buffer.alloc(4 + 2 * key.length);
  premaster.writeUInt16BE(key.length, 0);
  premaster.writeUInt16BE(key.length, 2 + key.length);
  premaster.set(key, 4 + key.length);
  return premaster;
}

/** @param bound the session hash with extended master secret (RFC 7627 §4), or both randoms, the client's first. */
export function masterSecret(
  version: DtlsVersion,
  premaster: Uint8Array,
  bound: Uint8Array,
  isExtended: boolean,
): Buffer {
  return prf(version, premaster, isExtended ? "extended master secret" : "master secret", bound, masterSecretBytes);
}

/** What one direction is protected with. */
export interface DirectionKeys {
  /** Empty for AEAD. */
  readonly mac: Buffer;
  /** Empty for NULL. */
  readonly cipher: Buffer;
  /** First part of the AEAD nonce; empty for the others, which have explicit IVs. */
  readonly salt: Buffer;
}

const keyBytes = { "aes-128-ccm-8": 16, "aes-128-gcm": 16, "aes-128-cbc": 16, "aes-256-cbc": 32, null: 0 };
const macBytes = { none: 0, sha1: 20, sha256: 32 };

/** Keys of both directions (RFC 5246 §6.3). */
export function keyBlock(
  version: DtlsVersion,
  suite: CipherSuite,
  master: Uint8Array,
  randoms: { readonly client: Uint8Array; readonly server: Uint8Array },
): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
  const sizes = [macBytes[suite.mac ?? "none"], keyBytes[suite.cipher], suite.mac === undefined ? 4 : 0] as const;
  const seed = Buffer.concat([randoms.server, randoms.client]);
  const block = prf(version, master, "key expansion", seed, 2 * (sizes[0] + sizes[1] + sizes[2]));
  let at = 0;
  const next = (size: number) => block.subarray(at, (at += size));
  const [clientMac, serverMac, clientKey, serverKey] = [next(sizes[0]), next(sizes[0]), next(sizes[1]), next(sizes[1])];
  return {
    client: { mac: clientMac, cipher: clientKey, salt: next(sizes[2]) },
    server: { mac: serverMac, cipher: serverKey, salt: next(sizes[2]) },
  };
}

/** `verify_data` of Finished (RFC 5246 §7.4.9). @param transcript hash of all messages before it. */
export function verifyData(
  version: DtlsVersion,
  master: Uint8Array,
  from: "client" | "server",
  transcript: Uint8Array,
): Buffer {
  return prf(version, master, `${from} finished`, transcript, verifyBytes);
}

/** One line of an NSS key log, by which tshark reads a capture of the session. */
export function keyLogLine(clientRandom: Uint8Array, master: Uint8Array): string {
  return `CLIENT_RANDOM ${Buffer.from(clientRandom).toString("hex")} ${Buffer.from(master).toString("hex")}`;
}
