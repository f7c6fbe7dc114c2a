/** Codes of RFC 7252 §12.1, RFC 7959, RFC 8132, RFC 8516: class in the upper three bits, detail in the lower five. */
export const code = {
  empty: 0x00,
  get: 0x01,
  post: 0x02,
  put: 0x03,
  delete: 0x04,
  fetch: 0x05,
  patch: 0x06,
  iPatch: 0x07,
  created: 0x41,
  deleted: 0x42,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  continue: 0x5f,
  badRequest: 0x80,
  unauthorized: 0x81,
  badOption: 0x82,
  forbidden: 0x83,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  requestEntityIncomplete: 0x88,
  conflict: 0x89,
  preconditionFailed: 0x8c,
  requestEntityTooLarge: 0x8d,
  unsupportedContentFormat: 0x8f,
  tooManyRequests: 0x9d,
  internalServerError: 0xa0,
  notImplemented: 0xa1,
  badGateway: 0xa2,
  serviceUnavailable: 0xa3,
  gatewayTimeout: 0xa4,
  proxyingNotSupported: 0xa5,
  hopLimitReached: 0xa8,
} as const;

/** As specifications write it: `2.05`. */
export function codeText(value: number): string {
  return `${value >> 5}.${String(value & 0x1f).padStart(2, "0")}`;
}

/** Reads `2.05`; throws for anything else, which is a mistake in the source. */
export function codeOf(text: string): number {
  const [, major, minor] = /^([0-7])\.([0-3]\d)$/.exec(text) ?? [];
  if (major === undefined || minor === undefined || Number(minor) > 31) throw new RangeError(`${text} is no code`);
  return (Number(major) << 5) | Number(minor);
}

export function isRequest(value: number): boolean {
  return value > 0 && value < 0x20;
}

/** Classes 2, 4 and 5. */
export function isResponse(value: number): boolean {
  const major = value >> 5;
  return major === 2 || major === 4 || major === 5;
}

/** Class 2. */
export function isSuccess(value: number): boolean {
  return value >> 5 === 2;
}
