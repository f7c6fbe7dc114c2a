import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { k6Home } from "../k6-home.mjs";
import { findK6 } from "./find-k6.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "seatrial-test-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function program(path: string, says: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  return path;
}

describe("the k6 that is used", () => {
  it("is the one that SEATRIAL_K6 names, before all others", async () => {
    const named = program(join(home, "named"), "k6 v1.2.3 (go1.26, linux/amd64)");
    program(join(home, "bin/k6"), "k6 v1.9.9");
    expect(await findK6({ SEATRIAL_K6: named, PATH: join(home, "bin"), HOME: home }, [])).toEqual({
      path: named,
      version: "1.2.3",
    });
  });

  it("is the one that was set up, before that of the PATH", async () => {
    const environment = { HOME: home, PATH: join(home, "bin") };
    const own = program(k6Home(environment), "k6 v1.8.1");
    program(join(home, "bin/k6"), "k6 v1.9.9");
    expect(await findK6(environment, [])).toEqual({ path: own, version: "1.8.1" });
  });

  it("is that of the PATH, and else that of the usual folders", async () => {
    const first = program(join(home, "a/k6"), "k6 v1.0.0");
    const usual = program(join(home, "usual/k6"), "k6 v1.1.0");
    expect(await findK6({ HOME: home, PATH: join(home, "a") }, [join(home, "usual")])).toMatchObject({ path: first });
    expect(await findK6({ HOME: home, PATH: join(home, "b") }, [join(home, "usual")])).toMatchObject({ path: usual });
  });

  it("is not one that is too old, nor a program that only has the name", async () => {
    program(join(home, "a/k6"), "hello");
    program(join(home, "b/k6"), "k6 v0.57.0 (go1.23)");
    const good = program(join(home, "c/k6"), "k6 v2.0.0");
    const folders = ["a", "b", "c"].map((name) => join(home, name));
    expect(await findK6({ HOME: home, PATH: folders.join(":") }, [])).toMatchObject({ path: good });
    expect(await findK6({ HOME: home, PATH: folders.slice(0, 2).join(":") }, [])).toBe(
      `k6 must be version 1 or later, and ${join(home, "b/k6")} is version 0.57.0`,
    );
  });
});

it("says that there is none", async () => {
  expect(await findK6({ HOME: home, PATH: "" }, [])).toBe("k6 is not installed");
});

it("does not look elsewhere when SEATRIAL_K6 names something that is no k6", async () => {
  program(join(home, "bin/k6"), "k6 v1.9.9");
  const named = join(home, "missing");
  await expect(findK6({ SEATRIAL_K6: named, PATH: join(home, "bin"), HOME: home }, [])).rejects.toThrow(
    `SEATRIAL_K6 names ${named}, which is not k6`,
  );
});
