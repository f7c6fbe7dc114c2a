/** What a broker has counted since it was started first; kept over its restarts. */
export interface Traffic {
  /** CONNECTs that it accepted. */
  connections: number;
  /** PUBLISH packets that came in and got past its gate, */
  publishesReceived: number;
  /** … and those that it handed to the connections of its clients. */
  publishesSent: number;
}
