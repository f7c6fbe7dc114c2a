/** One-sided 95 %. */
const z = 1.645;

/**
 * Lower bound of Wilson's score interval: the success rate that `passed` of `planned` trials prove.
 * @returns 0 to 1; 0 where nothing was planned
 */
export function wilson(passed: number, planned: number): number {
  if (planned <= 0) return 0;
  const p = Math.min(1, Math.max(0, passed / planned));
  const square = z ** 2 / planned;
  const spread = z * Math.sqrt((p * (1 - p)) / planned + square / (4 * planned));
  return Math.max(0, (p + square / 2 - spread) / (1 + square));
}
