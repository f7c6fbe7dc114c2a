/** One-sided 95 %. */
const z = 1.645;
/** Two-sided 95 %. */
const z95 = 1.959_964;

/**
 * Lower bound of Wilson's score interval: the success rate that `passed` of `planned` trials prove.
 * @returns 0 to 1; 0 where nothing was planned
 */
export function wilson(passed: number, planned: number): number {
  if (planned <= 0) return 0;
  return interval(passed, planned, z).low;
}

/** Both ends of Wilson's 95 % interval around the rate that `passed` of `tried` show, 0 to 1; everything where nothing was tried. */
export function wilsonInterval(passed: number, tried: number): { readonly low: number; readonly high: number } {
  if (tried <= 0) return { low: 0, high: 1 };
  const { low, high } = interval(passed, tried, z95);
  // Where all or nothing passed that end is exact, which rounding would miss by a hair.
  return { low: passed <= 0 ? 0 : low, high: passed >= tried ? 1 : high };
}

function interval(passed: number, planned: number, deviations: number) {
  const p = Math.min(1, Math.max(0, passed / planned));
  const square = deviations ** 2 / planned;
  const spread = deviations * Math.sqrt((p * (1 - p)) / planned + square / (4 * planned));
  return {
    low: Math.max(0, (p + square / 2 - spread) / (1 + square)),
    high: Math.min(1, (p + square / 2 + spread) / (1 + square)),
  };
}
