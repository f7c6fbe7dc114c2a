/** Versions on the wire: the complement of 1.2 and 1.0, so that a greater version is a smaller number (RFC 6347 §4.1). */
export const dtlsVersion = { "1.0": 0xfeff, "1.2": 0xfefd } as const;

/** The versions that this engine speaks. */
export type DtlsVersion = (typeof dtlsVersion)[keyof typeof dtlsVersion];

/** Whether a record claims to be of DTLS at all, of whatever version. */
export function isDtlsVersion(version: number): boolean {
  return version >> 8 === 0xfe;
}

/** `DTLS 1.2`, or `0x0303` for what is none of ours. */
export function versionName(version: number): string {
  if (version === dtlsVersion["1.2"]) return "DTLS 1.2";
  if (version === dtlsVersion["1.0"]) return "DTLS 1.0";
  return `0x${version.toString(16).padStart(4, "0")}`;
}
