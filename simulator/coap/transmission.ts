/** Times and numbers of the message layer (RFC 7252 §4.8). */
export interface Transmission {
  readonly ackTimeoutMs: number;
  /** The first time-out is drawn between ackTimeoutMs and this many times as much. */
  readonly ackRandomFactor: number;
  readonly maxRetransmit: number;
  /** Interactions with one peer that may wait for an answer at once. */
  readonly nstart: number;
}

export const standardTransmission: Transmission = {
  ackTimeoutMs: 2_000,
  ackRandomFactor: 1.5,
  maxRetransmit: 4,
  nstart: 1,
};

/** EXCHANGE_LIFETIME: so long a message id of a CON must be remembered (RFC 7252 §4.8.2). */
export const exchangeLifetimeMs = 247_000;

/** NON_LIFETIME: the same for a NON. */
export const nonLifetimeMs = 145_000;

/** After so long without a response an empty ACK is sent, well before the client asks again. */
export const piggybackWithinMs = 500;

/** DEFAULT_LEISURE: answers to a multicast request come within this time (RFC 7252 §8.2). */
export const leisureMs = 5_000;
