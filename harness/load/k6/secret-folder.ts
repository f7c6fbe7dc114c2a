import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadSeat } from "#contract/load.ts";

/** A folder that only this user may enter, gone with all that is in it when disposed. */
export interface SecretFolder extends AsyncDisposable {
  /** The full path of a name in it. */
  path(name: string): string;
  /** Writes a value as JSON that only this user may read; returns the full path. */
  write(name: string, value: unknown): Promise<string>;
  writeText(name: string, text: string): Promise<string>;
}

/**
 * Makes one in the system's place for temporary files, for what names accounts: never in the folder of the run. Leased, so
 * that the next start removes it where this one is killed.
 */
export async function openSecretFolder(lease: LoadSeat["lease"]): Promise<SecretFolder> {
  // mkdtemp makes folders of mode 0700.
  const folder = await mkdtemp(join(tmpdir(), "seatrial-load-"));
  lease({ folder, what: "settings of k6" });
  const path = (name: string) => join(folder, name);
  const writeText = async (name: string, text: string) => {
    await writeFile(path(name), text, { mode: 0o600 });
    return path(name);
  };
  return {
    path,
    writeText,
    write: (name, value) => writeText(name, JSON.stringify(value)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
