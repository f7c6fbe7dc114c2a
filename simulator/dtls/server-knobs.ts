/**
 * How a DTLS server behaves. Every member names the hardened choice first; the other one is the weakness that it is
 * there to show. Numbers of 0 mean without a limit.
 */
export interface DtlsServerKnobs {
  /** Whether a client has to show with a cookie that it receives what is sent to its address, before anything is kept or computed for it (RFC 6347 §4.2.1). */
  readonly dtlsCookie: "required" | "off";
  /** AEAD suites only, or also AES-CBC with SHA-1 and suites without encryption. */
  readonly dtlsSuites: "strong" | "weak";
  /** DTLS 1.2 only, or 1.0 as well (RFC 8996). */
  readonly dtlsVersions: "1.2" | "1.0-too";
  /** Whether a record that comes again is dropped (RFC 6347 §4.1.2.6). */
  readonly dtlsReplay: "window" | "off";
  /** Whether an established session takes nothing in clear, or alerts and application data of epoch 0 as if they were its own. */
  readonly dtlsEpoch: "checked" | "off";
  /** PSK identity hint that is sent; none where it is empty. */
  readonly pskHint: string;
  /** Whether an identity that nobody has fails like a wrong key, or is called unknown (RFC 4279 §2). */
  readonly pskUnknown: "alike" | "told";
  /** Wrong keys of one host for one identity, after which that pair gets no answer for a minute. */
  readonly dtlsGuesses: number;
  /** Handshakes under way, and sessions, at once. */
  readonly maxHandshakes: number;
  readonly maxSessions: number;
  /** Where one more than that would be too many: the oldest handshake or the longest idle session makes room, or the newcomer is refused. */
  readonly dtlsFull: "evicts" | "refuses";
}

export const hardenedDtls: DtlsServerKnobs = {
  dtlsCookie: "required",
  dtlsSuites: "strong",
  dtlsVersions: "1.2",
  dtlsReplay: "window",
  dtlsEpoch: "checked",
  pskHint: "",
  pskUnknown: "alike",
  dtlsGuesses: 5,
  maxHandshakes: 200,
  maxSessions: 10_000,
  dtlsFull: "evicts",
};

export const weakDtls: DtlsServerKnobs = {
  dtlsCookie: "off",
  dtlsSuites: "weak",
  dtlsVersions: "1.0-too",
  dtlsReplay: "off",
  dtlsEpoch: "off",
  pskHint: "seatrial",
  pskUnknown: "told",
  dtlsGuesses: 0,
  maxHandshakes: 200,
  maxSessions: 10_000,
  dtlsFull: "refuses",
};
