import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, integer, property } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "#contract/observation.ts";
import { recordOf } from "#testing/record.ts";
import { readRun } from "./read-run.ts";
import { RunDirectory } from "./run-directory.ts";

const { header } = recordOf([]);
const seen = (seq: number): Observation => ({ seq, atMs: seq, actor: "lab:test", action: "tick é", phase: "noted" });
let out = "";
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "seatrial-store-"));
});
afterEach(() => rmSync(out, { recursive: true }));

function written(lines: number): string {
  using directory = RunDirectory.create(
    out,
    header,
    () => 0n,
    () => {},
  );
  for (let seq = 0; seq < lines; seq++) directory.journal(seen(seq));
  return directory.path;
}

describe("a stored run", () => {
  it("reads back as it was journalled", () => {
    expect(readRun(written(3))).toMatchObject({
      record: { header, history: [seen(0), seen(1), seen(2)] },
      cutOff: false,
    });
  });

  it("is readable wherever a kill cut the history off, losing at most the line that was being written", () => {
    const path = written(5);
    const file = join(path, "history.jsonl");
    const whole = readFileSync(file);
    assert(
      property(integer({ min: 0, max: whole.length }), (length) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        const complete = whole.subarray(0, length).toString("latin1").split("\n").length - 1;
        expect(readRun(path).record.history).toHaveLength(complete);
      }),
    );
  });

  it("is refused when a line in the middle was changed", () => {
    const path = written(1);
    appendFileSync(join(path, "history.jsonl"), `${JSON.stringify(seen(7))}\n`);
    expect(() => readRun(path)).toThrow(expect.objectContaining({ code: "E_RECORD" }));
  });

  it("says that a folder without run.json is no run", () => {
    expect(() => readRun(out)).toThrow(expect.objectContaining({ code: "E_RECORD" }));
  });
});

it("keeps files of a unit in a folder of its own, and never replaces one by another of the same name", () => {
  using directory = RunDirectory.create(
    out,
    header,
    () => 0n,
    () => {},
  );
  expect(directory.keep("coap.fuzz", "case.json", "first")).toBe("evidence/coap.fuzz/case.json");
  expect(directory.keep("coap.fuzz", "case.json", "second")).toBe("evidence/coap.fuzz/case-2.json");
  expect(directory.keep("coap.fuzz", "../../up.json", "third")).toBe("evidence/coap.fuzz/..-..-up.json");
  expect(readFileSync(join(directory.path, "evidence/coap.fuzz/case.json"), "utf8")).toBe("first");
});

it("never leaves a half-written header, nor a draft of one", () => {
  using directory = RunDirectory.create(
    out,
    header,
    () => 0n,
    () => {},
  );
  for (let round = 0; round < 20; round++) {
    directory.writeHeader({ ...header, state: round % 2 === 0 ? "running" : "completed" });
    expect(JSON.parse(readFileSync(join(directory.path, "run.json"), "utf8"))).toHaveProperty("state");
  }
  expect(readdirSync(directory.path).filter((name) => name.includes("draft"))).toEqual([]);
});

it("says where it cannot write, and what to do", () => {
  const file = join(out, "a-file");
  writeFileSync(file, "");
  expect(() =>
    RunDirectory.create(
      file,
      header,
      () => 0n,
      () => {},
    ),
  ).toThrow(expect.objectContaining({ code: "E_STORE", hint: expect.stringContaining("--out") }));
});
