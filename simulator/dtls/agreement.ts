import type { CipherSuite } from "./cipher-suite.ts";
import { ReadState } from "./read-state.ts";
import { keyBlock, keyLogLine, masterSecret, pskPremaster } from "./secrets.ts";
import { protectionOf } from "./suite-protection.ts";
import type { Transcript } from "./transcript.ts";
import type { DtlsVersion } from "./version.ts";
import { WriteState } from "./write-state.ts";

/** What both sides have agreed on once a handshake is complete. */
export interface Agreement {
  readonly version: DtlsVersion;
  readonly suite: CipherSuite;
  /** Epoch 1 of both directions. */
  readonly write: WriteState;
  readonly read: ReadState;
  /** Whether the master secret is bound to the whole handshake (RFC 7627). */
  readonly isExtended: boolean;
}

/** What the keys are made of. */
export interface KeyMaterial {
  readonly side: "client" | "server";
  readonly version: DtlsVersion;
  readonly suite: CipherSuite;
  readonly key: Uint8Array;
  readonly randoms: { readonly client: Uint8Array; readonly server: Uint8Array };
  readonly isExtended: boolean;
  /** All messages up to and with ClientKeyExchange. */
  readonly transcript: Transcript;
  readonly checksReplay: boolean;
}

/** Makes the keys of both directions; what comes of it is agreed on only when both Finished were right. */
export function deriveKeys(material: KeyMaterial): Agreement & { readonly master: Buffer; readonly keyLog: string } {
  const { side, version, suite, randoms, isExtended, transcript } = material;
  const bound = isExtended ? transcript.digest(version) : Buffer.concat([randoms.client, randoms.server]);
  const master = masterSecret(version, pskPremaster(material.key), bound, isExtended);
  const keys = keyBlock(version, suite, master, randoms);
  const peer = side === "client" ? "server" : "client";
  return {
    version,
    suite,
    isExtended,
    master,
    keyLog: keyLogLine(randoms.client, master),
    write: new WriteState(1, protectionOf(suite, keys[side])),
    read: new ReadState(1, protectionOf(suite, keys[peer]), material),
  };
}
