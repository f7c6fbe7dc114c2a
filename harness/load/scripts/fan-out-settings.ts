/** What publisher and subscribers are told. */
export interface FanOutSettings {
  readonly qos: 0 | 1;
  readonly everyMs: number;
  readonly payloadBytes: number;
  readonly arrivesOverMs: number;
  readonly clients: number;
  /** The topic of all; absent where each client is addressed on its own. */
  readonly sharedTopic?: string;
  /** When publishing begins and ends, and when subscribers stop waiting, since the test began. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly endMs: number;
}
