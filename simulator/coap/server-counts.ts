/** What a server has done and what it holds. */
export interface ServerCounts {
  /** Datagrams that came in. */
  readonly datagrams: number;
  /** Requests that were carried out or refused for a reason of their own. */
  readonly requests: number;
  /** Requests that had come before and were answered from memory, or not at all. */
  readonly duplicates: number;
  /** Requests beyond the rate of their source. */
  readonly limited: number;
  readonly notifications: number;
  readonly observers: number;
  readonly uploads: number;
  readonly pendingSeparate: number;
  readonly rememberedIds: number;
}
