import { type DtlsVersion, dtlsVersion } from "./version.ts";

/** How records of a suite are protected. */
export type Cipher = "aes-128-ccm-8" | "aes-128-gcm" | "aes-128-cbc" | "aes-256-cbc" | "null";

/** A suite with plain PSK as key exchange. */
export interface CipherSuite {
  readonly id: number;
  /** As IANA spells it, without `TLS_`. */
  readonly name: string;
  readonly cipher: Cipher;
  /** Hash of the HMAC that protects records; AEAD ciphers have none. */
  readonly mac?: "sha1" | "sha256";
  /** The oldest version that has it. */
  readonly since: DtlsVersion;
  /** Whether RFC 7925 or RFC 9325 still have it used. */
  readonly isStrong: boolean;
}

/** The suites that this engine speaks, the better first. */
export const cipherSuites = [
  { id: 0xc0a8, name: "PSK_WITH_AES_128_CCM_8", cipher: "aes-128-ccm-8", since: dtlsVersion["1.2"], isStrong: true },
  { id: 0x00a8, name: "PSK_WITH_AES_128_GCM_SHA256", cipher: "aes-128-gcm", since: dtlsVersion["1.2"], isStrong: true },
  {
    id: 0x008d,
    name: "PSK_WITH_AES_256_CBC_SHA",
    cipher: "aes-256-cbc",
    mac: "sha1",
    since: dtlsVersion["1.0"],
    isStrong: false,
  },
  {
    id: 0x008c,
    name: "PSK_WITH_AES_128_CBC_SHA",
    cipher: "aes-128-cbc",
    mac: "sha1",
    since: dtlsVersion["1.0"],
    isStrong: false,
  },
  {
    id: 0x00b0,
    name: "PSK_WITH_NULL_SHA256",
    cipher: "null",
    mac: "sha256",
    since: dtlsVersion["1.2"],
    isStrong: false,
  },
  { id: 0x002c, name: "PSK_WITH_NULL_SHA", cipher: "null", mac: "sha1", since: dtlsVersion["1.0"], isStrong: false },
] as const satisfies readonly CipherSuite[];

/** Numbers of the suites that a careful peer offers and accepts. */
export const strongSuites: readonly number[] = cipherSuites.filter(({ isStrong }) => isStrong).map(({ id }) => id);
/** Numbers of all suites of {@link cipherSuites}. */
export const allSuites: readonly number[] = cipherSuites.map(({ id }) => id);
/** Numbers of the suites that DTLS 1.0 has, none of which is strong. */
export const legacySuites: readonly number[] = cipherSuites
  .filter(({ since }) => since === dtlsVersion["1.0"])
  .map(({ id }) => id);

const byId = new Map<number, CipherSuite>(cipherSuites.map((suite) => [suite.id, suite]));

export function suiteOf(id: number): CipherSuite | undefined {
  return byId.get(id);
}

/** Whether the version knows the suite: those with SHA-256 or AEAD came with 1.2 (RFC 5487 §3.1, RFC 6655 §4). */
export function isSuiteOf(version: DtlsVersion, { since }: CipherSuite): boolean {
  return version <= since;
}

/** `PSK_WITH_NULL_SHA`, or the number for a suite that is not ours. */
export function suiteName(id: number): string {
  return suiteOf(id)?.name ?? `0x${id.toString(16).padStart(4, "0")}`;
}
