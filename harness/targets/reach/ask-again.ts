const firstMs = 100;

/**
 * Asks again, and waits twice as long each time, until something answers or time is up: a datagram that comes before its
 * receiver is there is lost. Returns what answered.
 * @param ask asks once and waits so long.
 */
export async function askAgain<T>(
  withinMs: number,
  ask: (waitMs: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  let left = withinMs;
  for (let waitMs = firstMs; left > 0; waitMs *= 2) {
    const answer = await ask(Math.min(waitMs, left));
    if (answer !== undefined) return answer;
    left -= waitMs;
  }
  return undefined;
}
