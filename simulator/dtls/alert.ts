/** Alert descriptions that this engine says or is likely to hear (RFC 5246 §7.2, RFC 4279 §2). */
export const alert = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  handshakeFailure: 40,
  illegalParameter: 47,
  accessDenied: 49,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  userCanceled: 90,
  noRenegotiation: 100,
  unsupportedExtension: 110,
  unknownPskIdentity: 115,
} as const;

/** An alert as it is on the wire. */
export interface Alert {
  /** 1 is a warning, 2 is fatal. */
  readonly level: number;
  readonly description: number;
}

/** The alert in a record's content; undefined where it is none. */
export function readAlert(content: Buffer): Alert | undefined {
  const [level, description] = content;
  if (content.length !== 2 || level === undefined || description === undefined) return undefined;
  return { level, description };
}

export function writeAlert({ level, description }: Alert): Buffer {
  return Buffer.of(level, description);
}

export function fatal(description: number): Alert {
  return { level: 2, description };
}

export function warning(description: number): Alert {
  return { level: 1, description };
}

/** Whether the conversation is over with it. */
export function isEnd({ level, description }: Alert): boolean {
  return level === 2 || description === alert.closeNotify;
}

/** `handshake_failure (40)`, as the RFC spells it. */
export function alertName(description: number): string {
  const [name] = Object.entries(alert).find(([, value]) => value === description) ?? ["alert"];
  return `${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} (${description})`;
}
