import { describe, expect, it } from "vitest";
import { realClock } from "#testing/bench.ts";
import { type Child, spawnChild } from "./child.ts";

const graceMs = 10_000;

/** A program that says goodbye when it is asked to end, and all that it has said. */
async function polite(): Promise<{ readonly child: Child; readonly said: () => string }> {
  let said = "";
  const script = 'trap "echo goodbye >&2; exit 3" TERM; echo hello >&2; while :; do sleep 0.02; done';
  const child = await spawnChild("/bin/sh", ["-c", script], realClock(), (text) => {
    said += text;
  });
  await expect.poll(() => said).toContain("hello");
  return { child, said: () => said };
}

describe("a child", () => {
  it("may say goodbye when it is stopped", async () => {
    const { child, said } = await polite();
    await child.stop(graceMs);
    expect(said()).toContain("goodbye");
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.isStopping).toBe(true);
  });

  it("is killed when it does not end in time", async () => {
    let said = "";
    const deaf = await spawnChild(
      "/bin/sh",
      ["-c", 'trap "" TERM; echo hello >&2; exec sleep 60'],
      realClock(),
      (text) => {
        said += text;
      },
    );
    await expect.poll(() => said).toContain("hello");
    await deaf.stop(20);
    expect(await deaf.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("has no time for goodbye when it is killed", async () => {
    const { child, said } = await polite();
    await child.kill();
    expect(said()).not.toContain("goodbye");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(child.isStopping).toBe(true);
  });

  it("may say goodbye although it was frozen when it was stopped", async () => {
    const { child, said } = await polite();
    child.pause();
    await child.stop(graceMs);
    expect(said()).toContain("goodbye");
  });

  it("can be killed while it is frozen, after which lifting that does nothing", async () => {
    const { child } = await polite();
    const pause = child.pause();
    await child.kill();
    await pause[Symbol.asyncDispose]();
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });
});

it("is refused where there is no such program", async () => {
  await expect(spawnChild("/no/such/program", [], realClock(), () => {})).rejects.toThrow("ENOENT");
});
