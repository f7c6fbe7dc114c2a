import type { Protection } from "./protection.ts";
import type { DtlsRecord } from "./record.ts";
import { ReplayWindow } from "./replay-window.ts";

/** One protected epoch of what we receive. */
export class ReadState {
  readonly epoch: number;
  readonly #protection: Protection;
  /** Absent where replayed records are let through. */
  readonly #window: ReplayWindow | undefined;

  constructor(epoch: number, protection: Protection, { checksReplay }: { readonly checksReplay: boolean }) {
    this.epoch = epoch;
    this.#protection = protection;
    this.#window = checksReplay ? new ReplayWindow() : undefined;
  }

  /** The content of a record of this epoch: `replayed` for one that came before, `forged` for one that is not genuine. */
  read(record: DtlsRecord): Buffer | "replayed" | "forged" {
    if (this.#window?.isFresh(record.sequence) === false) return "replayed";
    const content = this.#protection.open(record);
    if (content === undefined) return "forged";
    this.#window?.mark(record.sequence);
    return content;
  }
}
