import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { libcoapProgram } from "./program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-libcoap-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(script: string): void {
  const path = join(folder, "coap-server-gnutls");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const find = () => libcoapProgram("local:x", "coap-server", "gnutls", [folder]);

it("says its version while it complains about how it was called", async () => {
  install('echo "coap-server-gnutls v4.3.1 -- a small CoAP implementation" >&2; exit 1');
  expect(await find()).toEqual({
    path: join(folder, "coap-server-gnutls"),
    name: "coap-server-gnutls",
    version: "4.3.1",
  });
});

it("is used, too, where it does not say its version", async () => {
  install("exit 0");
  expect((await find()).version).toBe("of unknown version");
});

it("is missing where there is none, and the error says what to install", async () => {
  await expect(find()).rejects.toMatchObject({
    code: "E_PROGRAM_MISSING",
    message: expect.stringContaining("coap-server-gnutls"),
    hint: expect.stringContaining("apt-get install libcoap3-bin"),
  });
});
