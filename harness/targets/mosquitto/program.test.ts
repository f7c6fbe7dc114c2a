import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mosquittoProgram } from "./program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-program-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(script: string, mode = 0o755): void {
  writeFileSync(join(folder, "mosquitto"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "mosquitto"), mode);
}

describe("the mosquitto program", () => {
  it("says its version while it ends with a code that is not zero", async () => {
    install('echo "mosquitto version 9.8.7"; exit 3');
    expect(await mosquittoProgram([folder])).toEqual({ path: join(folder, "mosquitto"), version: "9.8.7" });
  });

  it("is used, too, where it does not say its version", async () => {
    install("exit 0");
    expect((await mosquittoProgram([folder])).version).toBe("of unknown version");
  });

  it("is missing where there is none, or none that can be executed; the error says what to install", async () => {
    const missing = expect.objectContaining({
      code: "E_PROGRAM_MISSING",
      hint: expect.stringContaining("apt-get install"),
    });
    await expect(mosquittoProgram([folder])).rejects.toEqual(missing);
    install("exit 0", 0o644);
    await expect(mosquittoProgram([folder])).rejects.toEqual(missing);
  });
});
