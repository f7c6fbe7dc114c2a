/** How a connection ended, and who ended it. `error` is a TLS or WebSocket failure, or a lost route. */
export interface Ending {
  readonly how: "fin" | "reset" | "error";
  readonly by: "us" | "them";
}

/** The two ends of a TCP connection; addresses are literal IPs. */
export interface Ends {
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
}

/** Carries MQTT bytes, however they travel. Never throws and never emits. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** Ends it in good order. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** Who hears what arrives. `onEnd` comes once, and nothing after it. */
export interface TransportEvents {
  onBytes(bytes: Uint8Array): void;
  onEnd(ending: Ending): void;
}

export interface TransportOptions {
  /** Local address to connect from. */
  readonly from?: string;
  /** PEM pair that proves who we are, where TLS is spoken. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Gives up opening when it aborts; an open transport does not listen to it. */
  readonly signal: AbortSignal;
}

/** Called the moment that the transport is open, before the first byte can arrive. */
export type Attach<E extends TransportEvents> = (transport: Transport, ends: Ends) => E;
