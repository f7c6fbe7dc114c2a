import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type ProgramOptions, runProgram } from "./run-program.ts";

const never = new AbortController().signal;
const node = (script: string, options: Partial<ProgramOptions> = {}) =>
  runProgram(process.execPath, ["-e", script], { environment: {}, signal: never, ...options });

it("tells how a program ended and what it said", async () => {
  const ended = await node('console.log("out"); console.error("err"); process.exitCode = 3');
  expect(ended).toEqual({ code: 3, output: "out\n", errors: "err\n" });
});

it("hands each line on as it comes, also those that are overwritten on a terminal", async () => {
  const lines: string[] = [];
  await node('process.stdout.write("one\\rtwo\\nthree\\n")', { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["one", "two", "three"]);
});

it("gives words to the program as they are, without a shell", async () => {
  const words = ["-e", "console.log(process.argv[1])", "--", "$(echo no); *"];
  const { output } = await runProgram(process.execPath, words, { environment: {}, signal: never });
  expect(output).toBe("$(echo no); *\n");
});

it("streams in and out", async () => {
  const got: Buffer[] = [];
  const output = new Writable({ write: (chunk: Buffer, _encoding, done) => (got.push(chunk), done()) });
  await node("process.stdin.pipe(process.stdout)", { input: Readable.from([Buffer.alloc(300_000, 1)]), output });
  expect(Buffer.concat(got)).toHaveLength(300_000);
});

describe("it rejects", () => {
  it("where the program is not there", async () => {
    const gone = runProgram("/nowhere/program", [], { environment: {}, signal: never });
    await expect(gone).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("with the stream's error, and ends the program", async () => {
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error("full")) });
    await expect(node('setInterval(() => console.log("x"), 10)', { output })).rejects.toThrow("full");
  });

  it("with the signal's reason, once the program has ended", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const running = node("console.log(process.pid); setInterval(() => {}, 1_000)", {
      signal: controller.signal,
      onLine: (line) => {
        pids.push(Number(line));
        controller.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    expect(() => process.kill(pids[0] ?? 0, 0)).toThrow("ESRCH");
  });
});

it("does not mind that a program ends before it has read everything", async () => {
  const ended = await node("process.exit(4)", { input: Readable.from([Buffer.alloc(3_000_000)]) });
  expect(ended.code).toBe(4);
});
