import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundleFormat, headOf } from "./image-bundle.ts";
import { checkBundle } from "./load-bundle.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "load-bundle-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const archive = Buffer.from("what docker save wrote");
const check = (path: string) => checkBundle({ signal: new AbortController().signal, live: () => {} }, path);

/** A bundle that says it holds {@link archive}, and holds this. */
function bundleWith(content: Buffer): string {
  const path = join(folder, "b.tar");
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const head = headOf({
    format: bundleFormat,
    seatrial: "1.0.0",
    madeAt: "2026-01-02T03:04:05.000Z",
    images: [],
    archive: { bytes: archive.length, sha256 },
  });
  writeFileSync(path, Buffer.concat([head, content]));
  return path;
}

it("accepts a bundle that is whole", async () => {
  expect(await check(bundleWith(archive))).toMatchObject({ seatrial: "1.0.0" });
});

it.each([
  ["is cut off", archive.subarray(0, -1), "cut off (21 of 22 bytes)"],
  ["has one byte changed", Buffer.from(archive.toString().replace("d", "D")), "sha256"],
  ["has something behind its end", Buffer.concat([archive, archive]), "something follows"],
])("refuses a bundle that %s", async (_what, content, why) => {
  await expect(check(bundleWith(content))).rejects.toMatchObject({
    code: "E_IMAGE",
    message: expect.stringContaining(why),
  });
});

it("says that there is no such file", async () => {
  await expect(check(join(folder, "nothing.tar"))).rejects.toMatchObject({ code: "E_USAGE" });
});
