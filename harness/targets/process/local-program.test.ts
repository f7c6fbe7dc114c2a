import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { benchOf, realClock } from "#testing/bench.ts";
import { LocalProgram, PortClash, type ProgramPlan, programCapabilities } from "./local-program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-program-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that is this shell script, and answers as soon as one looks. */
function programOf(script: string, changes: Partial<ProgramPlan> = {}): LocalProgram {
  const path = join(folder, "program");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return new LocalProgram(benchOf([], { clock: realClock() }), {
    target: "local:program",
    path,
    what: "program",
    lease() {},
    logKinds: [["line", /./]],
    looks: [async () => undefined],
    words: () => [],
    saysTaken: /cannot create \w+ endpoint/,
    tryIt: "program -v",
    ...changes,
  });
}

/** Looks until the file is there. */
const until = (name: string) => async (): Promise<Error | undefined> => {
  return existsSync(join(folder, name)) ? undefined : new Error("not yet");
};

describe("a program of this machine", () => {
  it("was outrun where it goes on without a listener that it says it could not have", async () => {
    const script = `echo "cannot create DTLS endpoint"; sleep 0.1; touch ${folder}/up; exec sleep 60`;
    await using program = programOf(script, { looks: [until("up")] });
    await expect(program.start()).rejects.toThrow(PortClash);
  });

  it("is ready only when it has passed every look", async () => {
    await using program = programOf(`touch ${folder}/one; sleep 0.1; touch ${folder}/two; exec sleep 60`, {
      looks: [until("one"), until("two")],
    });
    await program.start();
    expect(await until("two")()).toBeUndefined();
  });

  it("finds its secrets while it starts", async () => {
    await using program = programOf(`cp "$1" ${folder}/seen; exec sleep 60`, {
      words: (write) => [write("keys", "secret")],
      looks: [until("seen")],
    });
    await program.start();
    expect(await until("seen")()).toBeUndefined();
  });

  it("is given what it must hold after each start", async () => {
    let prepared = 0;
    await using program = programOf("exec sleep 60", {
      prepare: async () => {
        prepared += 1;
      },
    });
    await program.start();
    await program.restart(0);
    expect([prepared, program.starts]).toEqual([2, 2]);
  });

  it("is restarted with all that belong to it", async () => {
    await using one = programOf("exec sleep 60");
    await using other = programOf("exec sleep 60");
    await Promise.all([one.start(), other.start()]);
    await programCapabilities([one, other]).kill?.(0);
    expect([one.starts, other.starts]).toEqual([2, 2]);
  });
});
