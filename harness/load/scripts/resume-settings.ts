/** What the clients that go away, and the operator, are told. */
export interface ResumeSettings {
  readonly clients: number;
  /** Messages for each client. */
  readonly messages: number;
  readonly everyMs: number;
  readonly payloadBytes: number;
  /** Over how long clients leave their subscriptions, and come back. */
  readonly leavesOverMs: number;
  readonly returnsOverMs: number;
  /** When publishing begins and ends, clients return, and waiting ends, since the test began. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly returnMs: number;
  readonly endMs: number;
}
