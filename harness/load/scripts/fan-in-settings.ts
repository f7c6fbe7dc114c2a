/** What the publishers are told. */
export interface FanInSettings {
  readonly qos: 0 | 1;
  readonly everyMs: number;
  readonly payloadBytes: number;
  /** How long clients take to come in, one after the other; 0 is all at once. */
  readonly arrivesOverMs: number;
  readonly clients: number;
  /** When the last message is due, since the test began. */
  readonly untilMs: number;
}
