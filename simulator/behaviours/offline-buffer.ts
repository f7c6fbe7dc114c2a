import type { DeviceAction, KnobTable } from "#contract/device.ts";

/** Most readings that a device keeps; when full the oldest is dropped. */
export const bufferCapacity = 240;

export const offlineBufferKnobs: KnobTable = {
  buffer: {
    values: ["bounded", "none"],
    means: `Readings that cannot be sent are kept, ${bufferCapacity} at most, the oldest dropped first; or all are dropped`,
  },
};

interface Kept {
  readonly sequence: number;
  readonly payload: string;
  /** Sent, but not acknowledged: it may or may not have arrived. */
  inFlight: boolean;
}

/**
 * Readings that wait for a link or for their acknowledgement, oldest first. It answers with the fate of each reading:
 * at any time every reading was sent, is buffered, or was dropped, and exactly one of them.
 */
export class OfflineBuffer {
  readonly #capacity: number;
  #kept: Kept[] = [];

  /** @param capacity 0 keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** Keeps a reading that could not be sent. */
  keep(sequence: number, payload: string): DeviceAction[] {
    if (this.#capacity === 0) return [{ kind: "reading", sequence, fate: "dropped" }];
    return [{ kind: "reading", sequence, fate: "buffered" }, ...this.#add({ sequence, payload, inFlight: false })];
  }

  /** Keeps a reading that was sent until it is acknowledged. */
  keepInFlight(sequence: number, payload: string): DeviceAction[] {
    return this.#capacity === 0 ? [] : this.#add({ sequence, payload, inFlight: true });
  }

  /** Forgets a reading that arrived; one that waited to be sent again, because the word came late, was sent after all. */
  acknowledged(sequence: number): DeviceAction[] {
    const at = this.#kept.findIndex((kept) => kept.sequence === sequence);
    const [kept] = at >= 0 ? this.#kept.splice(at, 1) : [];
    return kept === undefined || kept.inFlight ? [] : [{ kind: "reading", sequence, fate: "sent" }];
  }

  /** The link is gone: what is not acknowledged must be sent again. */
  lost(): DeviceAction[] {
    const back = this.#kept.filter(({ inFlight }) => inFlight);
    for (const kept of back) kept.inFlight = false;
    return back.map(({ sequence }) => ({ kind: "reading", sequence, fate: "buffered" }));
  }

  /** Sends everything through `send`, and keeps it until acknowledged where `acknowledges`. */
  flush(send: (sequence: number, payload: string) => DeviceAction, acknowledges: boolean): DeviceAction[] {
    const actions = this.#kept.flatMap(({ sequence, payload, inFlight }): DeviceAction[] =>
      inFlight ? [] : [send(sequence, payload), { kind: "reading", sequence, fate: "sent" }],
    );
    if (acknowledges) for (const kept of this.#kept) kept.inFlight = true;
    else this.#kept = [];
    return actions;
  }

  #add(kept: Kept): DeviceAction[] {
    this.#kept.push(kept);
    const oldest = this.#kept.length > this.#capacity ? this.#kept.shift() : undefined;
    // One in flight was sent, and stays so; only its second chance is gone.
    return oldest && !oldest.inFlight ? [{ kind: "reading", sequence: oldest.sequence, fate: "dropped" }] : [];
  }
}
