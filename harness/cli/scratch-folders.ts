import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders for units whose run is not kept; gone on disposal. */
export class ScratchFolders implements Disposable {
  readonly #made: string[] = [];

  folderFor(unit: string): string {
    const folder = mkdtempSync(join(tmpdir(), `seatrial-${unit.replaceAll(/[^\w.-]/g, "-")}-`));
    this.#made.push(folder);
    return folder;
  }

  [Symbol.dispose](): void {
    for (const folder of this.#made) rmSync(folder, { recursive: true, force: true });
  }
}
