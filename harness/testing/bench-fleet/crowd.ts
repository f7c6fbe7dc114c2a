/** A number of MQTT clients of one kind, as the benchmark drives them. */
export interface Crowd {
  /** Connects client `index`; resolves after CONNACK. */
  connect(index: number): Promise<void>;
  /** Publishes as client `index` without waiting (QoS 0). */
  send(index: number, payload: string): void;
  /** Publishes as client `index` and resolves with its acknowledgement (QoS 1). */
  deliver(index: number, payload: string): Promise<void>;
  /** Ends every client. */
  end(): Promise<void>;
}

/** Topic and id of client `index`. */
export function nameOf(index: number): { readonly clientId: string; readonly topic: string } {
  const clientId = `bench-${process.pid}-${index}`;
  return { clientId, topic: `devices/${clientId}/telemetry` };
}
