import type { Clock } from "#contract/bench.ts";

/** Time as it passes, in milliseconds since this clock was made. */
export function realClock(): Clock {
  const began = performance.now();
  return {
    nowMs: () => Math.round(performance.now() - began),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        signal?.addEventListener("abort", wake, { once: true });
      }),
  };
}
