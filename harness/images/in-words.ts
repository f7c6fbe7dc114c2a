/** Quantities as a person reads them. */
export const inWords = { seconds, bytes: megabytes, age };

/** `1.2 s`, `64 s` */
function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
}

/** `87 MB`, `1.2 GB`; powers of ten, as Docker counts. */
function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `3 days`; the largest unit of which there is one. */
function age(ms: number): string {
  const units = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
  ] as const;
  const [unitMs, unit] = units.find(([each]) => ms >= each) ?? [60_000, "minute"];
  const count = Math.floor(ms / unitMs);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
