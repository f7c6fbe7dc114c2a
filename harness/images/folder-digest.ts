import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 over names, kinds, executable bits and contents of all that is in a folder; times and owners do not matter. */
export async function folderDigest(folder: string): Promise<string> {
  const digest = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  for (const name of names) {
    const path = join(folder, name);
    const seen = lstatSync(path);
    if (seen.isSymbolicLink()) digest.update(`link ${name}\n${readlinkSync(path)}\n`);
    else if (seen.isDirectory()) digest.update(`folder ${name}\n`);
    else {
      digest.update(`file ${name} ${seen.mode & 0o111 ? "x" : "-"} ${seen.size}\n`);
      for await (const chunk of createReadStream(path)) digest.update(chunk);
    }
  }
  return digest.digest("hex");
}
