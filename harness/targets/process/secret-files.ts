import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Writes a file into the folder and returns its full path. */
export type Write = (name: string, content: string) => string;

/**
 * Keeps files that hold secrets in a folder that only this user may enter, for as long as `work` takes. A broker reads
 * them while it starts, so they need not lie there for a whole run, nor remain when it is killed.
 */
export async function withSecretFiles(work: (write: Write) => Promise<void>): Promise<void> {
  // mkdtemp makes folders of mode 0700.
  const folder = await mkdtemp(join(tmpdir(), "seatrial-"));
  const write: Write = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  try {
    await work(write);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
