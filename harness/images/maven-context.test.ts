import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fetchJars, mavenContext, mavenFault } from "./maven-context.ts";
import type { Workshop } from "./workshop.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maven-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A machine whose Maven is this shell script; none where it is absent. */
function machine(script?: string): Workshop {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  if (script !== undefined) {
    writeFileSync(join(bin, "mvn"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "mvn"), 0o755);
  }
  const silent = { nowMs: () => 0, say() {}, live() {} };
  return { ...silent, environment: { PATH: bin }, user: 0, k6: "", signal: new AbortController().signal };
}

function recipe(): string {
  const path = join(folder, "recipe");
  mkdirSync(path);
  for (const name of ["Dockerfile", "pom.xml", "Server.java", "container.ts"]) writeFileSync(join(path, name), name);
  return path;
}

it("takes all of the recipe but its code into the context", async () => {
  const context = await mavenContext(machine("exit 0"), recipe(), join(folder, "context"));
  expect(readdirSync(context).toSorted()).toEqual(["Dockerfile", "Server.java", "pom.xml"]);
});

it("fetches by the pom.xml of the context, into a folder of it", async () => {
  await fetchJars(machine(`echo "$@" > ${folder}/asked`), join(folder, "context"));
  const asked = readFileSync(join(folder, "asked"), "utf8");
  expect(asked).toContain(`--file ${folder}/context/pom.xml`);
  expect(asked).toContain(`-DoutputDirectory=${folder}/context/jars`);
});

it("says what to install where there is no Maven", async () => {
  await expect(mavenContext(machine(), recipe(), join(folder, "context"))).rejects.toMatchObject({
    code: "E_PROGRAM_MISSING",
    hint: expect.stringContaining("apt-get install maven"),
  });
});

it("repeats why Maven could not fetch it", async () => {
  const fetching = fetchJars(machine('echo "[ERROR] Could not find artifact a:b:jar:1"; exit 1'), folder);
  await expect(fetching).rejects.toMatchObject({
    code: "E_IMAGE",
    message: expect.stringContaining("needs: Could not find artifact a:b:jar:1"),
  });
  expect(mavenFault("killed").message).toContain("killed");
});
