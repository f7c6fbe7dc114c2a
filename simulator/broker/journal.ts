import type { SimulatedDisk } from "./simulated-disk.ts";

/** Topic and payload of a message that a broker writes down before it acknowledges it. */
export interface Written {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

/** Length and checksum, as journals have them before each record. */
const recordHeaderBytes = 8;

/**
 * The newest acknowledged messages, on a disk. It takes no more than half of the disk, and gives up its older half for
 * new records. Nobody reads it back: it is there so that its disk can be full.
 */
export class Journal {
  readonly #disk: SimulatedDisk;
  #records: number[] = [];
  #bytes = 0;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  get length(): number {
    return this.#records.length;
  }

  /** False where the disk has no room for it. */
  append({ topic, payload }: Written): boolean {
    const bytes = recordHeaderBytes + Buffer.byteLength(topic) + Buffer.byteLength(payload);
    if (this.#bytes + bytes > this.#disk.capacityBytes / 2) this.#giveUpHalf();
    if (!this.#disk.write(bytes)) return false;
    this.#records.push(bytes);
    this.#bytes += bytes;
    return true;
  }

  /** Calls `goOn` once, when a disk that was filled has room again. */
  whenRoom(goOn: () => void): void {
    this.#disk.whenFreed(goOn);
  }

  #giveUpHalf(): void {
    const old = this.#records.slice(0, Math.ceil(this.#records.length / 2)).reduce((sum, bytes) => sum + bytes, 0);
    this.#records = this.#records.slice(Math.ceil(this.#records.length / 2));
    this.#bytes -= old;
    this.#disk.erase(old);
  }
}
