import type { TelemetryAccount } from "#contract/fleet.ts";
import { SequenceSets } from "./sequence-sets.ts";

type Fate = "sent" | "buffered" | "dropped";

/** Keeps account of every reading of a fleet: where it is by the device's word, and whether the witness saw it. */
export class TelemetryLedger {
  /** Highest sequence number of each device; numbers begin at 1 and leave no gaps. */
  readonly #highest: Uint32Array;
  readonly #kept = new SequenceSets();
  readonly #delivered = new SequenceSets();
  readonly #unwitnessed = new SequenceSets();
  #buffered = 0;
  #dropped = 0;
  #acknowledged = 0;
  #arrivedOnce = 0;
  #duplicates = 0;

  constructor(size: number) {
    this.#highest = new Uint32Array(size);
  }

  /** @param witnessed whether the witness listens now. */
  reading(device: number, sequence: number, fate: Fate, witnessed: boolean): void {
    this.#highest[device] = Math.max(this.#highest[device] ?? 0, sequence);
    if (fate === "buffered") this.#keep(device, sequence);
    else this.#letGo(device, sequence);
    if (fate === "dropped") this.#dropped++;
    if (fate === "sent" && !witnessed) this.#unwitnessed.add(device, sequence);
  }

  acknowledged(): void {
    this.#acknowledged++;
  }

  /** The witness received this reading; one that was never produced is not counted. */
  delivered(device: number, sequence: number): void {
    if (sequence < 1 || sequence > (this.#highest[device] ?? 0)) return;
    if (this.#delivered.add(device, sequence)) this.#arrivedOnce++;
    else this.#duplicates++;
  }

  /** Everything that arrived so far, duplicates too. */
  get arrivals(): number {
    return this.#arrivedOnce + this.#duplicates;
  }

  /** @param witnessed whether there was a witness who could read. */
  account(witnessed: boolean): TelemetryAccount {
    const produced = this.#highest.reduce((sum, highest) => sum + highest, 0);
    const own = { produced, buffered: this.#buffered, dropped: this.#dropped, acknowledged: this.#acknowledged };
    if (!witnessed) return own;
    return { ...own, delivered: this.#arrivedOnce, duplicates: this.#duplicates, ...this.#open() };
  }

  #keep(device: number, sequence: number): void {
    if (this.#kept.add(device, sequence)) this.#buffered++;
  }

  #letGo(device: number, sequence: number): void {
    if (!this.#kept.has(device, sequence)) return;
    this.#kept.delete(device, sequence);
    this.#buffered--;
  }

  #open(): { readonly unwitnessed: number; readonly lost: number } {
    let unwitnessed = 0;
    let lost = 0;
    for (const [device, highest] of this.#highest.entries()) {
      for (let sequence = 1; sequence <= highest; sequence++) {
        if (this.#delivered.has(device, sequence) || this.#kept.has(device, sequence)) continue;
        if (this.#unwitnessed.has(device, sequence)) unwitnessed++;
        else lost++;
      }
    }
    return { unwitnessed, lost };
  }
}
