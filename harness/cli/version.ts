import { existsSync, readFileSync } from "node:fs";

/** The version of this package; the manifest lies beside the checkout's folders, or one above those of `dist`. */
export const version: string = read();

function read(): string {
  const near = new URL("../../package.json", import.meta.url);
  const far = new URL("../../../package.json", import.meta.url);
  for (const place of [near, far]) {
    if (!existsSync(place)) continue;
    const manifest: unknown = JSON.parse(readFileSync(place, "utf8"));
    if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  }
  return "0.0.0";
}
