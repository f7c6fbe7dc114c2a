/** What a response brings for what was asked, byte for byte, at three layers. */
export interface Amplification {
  /** UDP payload alone. */
  readonly coap: number;
  /** With the headers of IPv4 and UDP, 28 bytes a datagram. */
  readonly ip: number;
  /** With the headers of Ethernet, IPv6 and UDP, 62 bytes a datagram: the layer at which RFC 9175 §2.4 reckons. */
  readonly ethernet: number;
}

const headerBytes = { coap: 0, ip: 28, ethernet: 62 };

/** The most that an address which has not shown that it wants anything may be sent for what came from it (RFC 9175 §2.4). */
export const allowedFactor = 3;

/** A response of so many bytes is never too long: three times a frame with the shortest message, less its headers. */
export const harmlessBytes = allowedFactor * (headerBytes.ethernet + 4) - headerBytes.ethernet;

/**
 * @param asked bytes of a datagram that was sent. @param came bytes of each datagram that was received.
 * @param requests how many of that size were sent.
 */
export function amplificationOf(asked: number, came: readonly number[], requests = 1): Amplification {
  const factor = (header: number) =>
    rounded(came.reduce((sum, bytes) => sum + bytes + header, 0) / (requests * (asked + header)));
  return {
    coap: factor(headerBytes.coap),
    ip: factor(headerBytes.ip),
    ethernet: factor(headerBytes.ethernet),
  };
}

/** Whether what came is more than an address that has proven nothing may be sent. */
export function amplifies(asked: number, came: readonly number[]): boolean {
  const total = came.reduce((sum, bytes) => sum + bytes + headerBytes.ethernet, 0);
  return amplificationOf(asked, came).ethernet > allowedFactor && total > harmlessBytes + headerBytes.ethernet;
}

/** For a sentence: `7.5× at the CoAP layer, 3.8× at IP, 2.65× at Ethernet`. */
export function sayAmplification({ coap, ip, ethernet }: Amplification): string {
  return `${coap}× at the CoAP layer, ${ip}× at IP, ${ethernet}× at Ethernet`;
}

function rounded(factor: number): number {
  return Math.round(factor * 100) / 100;
}
