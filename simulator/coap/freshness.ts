/** When a notification came, and its number in the Observe option. */
export interface Notified {
  readonly sequence: number;
  readonly atMs: number;
}

const half = 1 << 23;

/**
 * Whether `next` is the newer of two notifications (RFC 7641 §3.4): the numbers have 24 bits and turn over, and after
 * 128 s they say nothing any more.
 */
export function isFresher(before: Notified, next: Notified): boolean {
  const [one, two] = [before.sequence, next.sequence];
  if (one < two) return two - one < half || isLater(before, next);
  return one - two > half || isLater(before, next);
}

function isLater(before: Notified, next: Notified): boolean {
  return next.atMs > before.atMs + 128_000;
}
