/** What the connect storm is told. */
export interface StormSettings {
  /** How connections are spread over time. */
  readonly arrival: "constant" | "ramping" | "at-once";
  readonly perSecond: number;
  readonly lastsMs: number;
  readonly holdsMs: number;
}
