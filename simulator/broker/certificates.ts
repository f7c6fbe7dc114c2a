import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the lab's own. Its key never leaves the process. */
export interface LabAuthority {
  /** PEM of its certificate. */
  readonly ca: string;
  /** For a server on loopback: 127.0.0.1, ::1 and localhost. */
  certifyServer(): CertifiedKey;
  /** For a client whose common name is this. */
  certifyClient(name: string): CertifiedKey;
}

const hourMs = 3_600_000;
/** A run is over long before; a lab certificate that leaks is worthless the day after. */
const validMs = 24 * hourMs;

/**
 * A new authority with EC P-256 keys; each certificate takes about half a millisecond. Keys come from the system's
 * randomness, not from the run's seed: nothing that is recorded depends on them, and a predictable key would be no key.
 */
export function labAuthority(): LabAuthority {
  // TLS peers compare with the wall clock, which no bench has; nothing else here looks at it.
  const nowMs = new Date().getTime();
  const valid = { from: new Date(nowMs - hourMs), until: new Date(nowMs + validMs) };
  const own = newKeys();
  const issuer = { name: "seatrial lab authority", key: own.privateKey };
  const certify = (subject: string, keys: Keys, extensions: readonly Buffer[]) =>
    certificate({ subject, spki: keys.spki, issuer, valid, extensions });
  const leaf = (subject: string, extensions: readonly Buffer[]): CertifiedKey => {
    const keys = newKeys();
    return { cert: certify(subject, keys, extensions), key: keys.pem };
  };
  return {
    ca: certify(issuer.name, own, [isAuthority]),
    certifyServer: () => leaf("localhost", [purpose(serverAuth), loopbackNames]),
    certifyClient: (name) => leaf(name, [purpose(clientAuth)]),
  };
}

interface Keys {
  readonly privateKey: KeyObject;
  readonly pem: string;
  readonly spki: Buffer;
}

function newKeys(): Keys {
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { privateKey: createPrivateKey(pair.privateKey), pem: pair.privateKey, spki: pair.publicKey };
}

/** RFC 5280 §4.1, version 3, signed with ecdsa-with-SHA256; PEM. */
function certificate(parts: {
  readonly subject: string;
  readonly spki: Buffer;
  readonly issuer: { readonly name: string; readonly key: KeyObject };
  readonly valid: { readonly from: Date; readonly until: Date };
  readonly extensions: readonly Buffer[];
}): string {
  const { subject, spki, issuer, valid, extensions } = parts;
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    serialNumber(),
    ecdsaWithSha256,
    commonName(issuer.name),
    sequence(utcTime(valid.from), utcTime(valid.until)),
    commonName(subject),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, issuer.key);
  const whole = sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** One element of DER: tag, length, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), body]);
}

function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(0x30, ...content);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.of(0), bytes);
}

/** 15 bytes that begin with neither 0 nor a set sign bit, so that the INTEGER is positive and minimal. */
function serialNumber(): Buffer {
  return der(0x02, Buffer.of(0x4c), randomBytes(15));
}

/** YYMMDDHHMMSSZ; good until 2049. */
function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, "latin1"));
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(name, "utf8")))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.of(0xff))] : []), der(0x04, value));
}

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const serverAuth = "2b06010505070301";
const clientAuth = "2b06010505070302";
const isAuthority = extension("551d13", true, sequence(der(0x01, Buffer.of(0xff))));
/** dNSName and iPAddress entries of subjectAltName. */
const loopbackNames = extension(
  "551d11",
  false,
  sequence(
    der(0x82, Buffer.from("localhost", "latin1")),
    der(0x87, Buffer.of(127, 0, 0, 1)),
    der(0x87, Buffer.from("00000000000000000000000000000001", "hex")),
  ),
);

function purpose(keyPurpose: string): Buffer {
  return extension("551d25", false, sequence(oid(keyPurpose)));
}
