import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import { topicsBelow } from "#contract/identity.ts";
import type { LoadSeat } from "#contract/load.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { applyWithK6 } from "./apply-with-k6.ts";
import type { K6Job } from "./job.ts";

let history: Observation[] = [];
let folder = "";
let pids: number[] = [];
beforeEach(() => {
  history = [];
  pids = [];
  folder = mkdtempSync(join(tmpdir(), "seatrial-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const job: K6Job = {
  script: "publish-fan-in",
  clients: 1,
  needsOperator: false,
  lastsMs: 1_000,
  perSecond: 10,
  scenarios: {},
  thresholds: { mqtt_connect_ms: ["max<5"] },
  own: {},
};

/** A program that says that it is k6 and then does what the lines say; what it is told lies in `$told`. */
function seatWith(lines: readonly string[], more: Partial<LoadSeat> = {}): LoadSeat {
  const path = join(folder, "k6");
  const script = [
    "#!/bin/sh",
    `if [ "$1" = version ]; then echo "k6 v1.8.1 (go1.26)"; exit; fi`,
    `for word in "$@"; do case "$word" in --env=SETTINGS=*) told="\${word#--env=SETTINGS=}";; esac; done`,
    ...lines,
  ];
  writeFileSync(path, `${script.join("\n")}\n`, { mode: 0o755 });
  return {
    at: loopback(1, "ws", { path: "/mqtt" }),
    identities: [{ clientId: "device-1", username: "one", password: "hush", topics: topicsBelow("devices/one") }],
    facts: { id: "test", product: "test", fidelity: "simulated" },
    counted: () => ({ connects: 0, accepted: 0, published: 0, delivered: 0 }),
    folder: join(folder, "run"),
    folderInRun: "load/test",
    lease: (left) => {
      if ("pid" in left) pids.push(left.pid);
    },
    environment: { SEATRIAL_K6: path },
    ...more,
  };
}

function bench(given: Partial<Bench> = {}): Bench {
  return benchOf(history, { actor: "load:test", clock: realClock(), ...given });
}

function noted(action: string): unknown[] {
  return history.filter((line) => line.action === action).map(({ detail }) => detail);
}

async function errorOf(work: Promise<void>): Promise<LabError> {
  try {
    await work;
  } catch (cause) {
    if (cause instanceof LabError) return cause;
    throw cause;
  }
  throw new Error("nothing was thrown");
}

function settingsIn(words: string): string {
  const path = /--env=SETTINGS=(\S+)/.exec(words)?.[1];
  if (path === undefined) throw new Error("k6 was told no settings");
  return path;
}

const point = (metric: string, value: number) =>
  `echo '{"metric":"${metric}","type":"Point","data":{"time":"2030-01-01T00:00:00Z","value":${value}}}'`;

describe("a k6 that works", () => {
  it("is told its secrets in a file of its user alone, which is gone afterwards", async () => {
    const copy = [
      `cp "$told" ${folder}/told`,
      `ls -l "$told" > ${folder}/mode`,
      `echo "$@" > ${folder}/words`,
      `env > ${folder}/env`,
    ];
    await applyWithK6(bench(), seatWith([...copy, "exit 0"]), job);
    const told: unknown = JSON.parse(readFileSync(join(folder, "told"), "utf8"));
    expect(told).toMatchObject({ url: "ws://127.0.0.1:1/mqtt", thresholds: job.thresholds });
    expect(readFileSync(join(folder, "mode"), "utf8")).toMatch(/^-rw------- /);
    for (const name of ["words", "env"]) expect(readFileSync(join(folder, name), "utf8")).not.toContain("hush");
    expect(JSON.stringify(history)).not.toContain("hush");
    expect(existsSync(settingsIn(readFileSync(join(folder, "words"), "utf8")))).toBe(false);
  });

  it("is heard second by second, and counted against the lab", async () => {
    const lines = [point("mqtt_connect_ok", 1), point("mqtt_connect_ms", 2), point("mqtt_published", 1)];
    let asked = 0;
    const counted = () => ({ connects: 0, accepted: asked, published: asked++, delivered: 0 });
    await applyWithK6(bench(), seatWith(lines, { counted }), job);
    expect(noted("load.second")).toMatchObject([{ operations: { connect: { ok: 1, failed: 0 } }, clients: 1 }]);
    expect(noted("load.counted")).toMatchObject([
      { quantity: "connections", generator: 1, lab: 1, agree: true },
      { quantity: "published", generator: 1, lab: 1, agree: true },
      { quantity: "delivered", generator: 0, lab: 0, agree: true },
    ]);
    expect(noted("load.generator")).toMatchObject([{ healthy: true }]);
  });

  it("has not failed when a threshold was crossed", async () => {
    await applyWithK6(bench(), seatWith(["exit 99"]), job);
    expect(noted("load.generator")).toHaveLength(1);
  });

  it("is not healthy where its script failed, although it ends well", async () => {
    const lines = [`echo 'level=error msg="TypeError: x" source=stacktrace' >&2`];
    await applyWithK6(bench(), seatWith(lines), job);
    expect(noted("load.generator")).toMatchObject([
      { healthy: false, because: expect.stringContaining("TypeError: x") },
    ]);
  });
});

describe("a k6 that breaks", () => {
  it("is an error of the lab, with its last words, after what it measured", async () => {
    const lines = [point("mqtt_connect_ok", 1), `echo 'level=error msg="no such module"' >&2`, "exit 107"];
    const error = await errorOf(applyWithK6(bench(), seatWith(lines), job));
    expect(error.message).toMatch(/k6 1\.8\.1 \(.*\) ended with 107:\nno such module/);
    expect(error.hint).toContain("npm run setup:k6");
    expect(noted("load.second")).toHaveLength(1);
  });

  it("is one too when something kills it", async () => {
    expect((await errorOf(applyWithK6(bench(), seatWith(["kill -9 $$"]), job))).message).toContain(
      "was ended by SIGKILL",
    );
  });
});

describe("a k6 that does not end", () => {
  const deaf = ["trap '' INT", point("mqtt_connect_ok", 1), "sleep 1000"];

  // What it started holds its output open, so this ends only because that is killed too.
  it("is killed with all that it started, and was no healthy generator", async () => {
    const virtual = benchOf(history, { actor: "load:test" });
    await applyWithK6(virtual, seatWith(deaf), job);
    expect(noted("load.generator")).toMatchObject([{ healthy: false, because: expect.stringContaining("was killed") }]);
    expect(() => process.kill(pids[0] ?? 0, 0)).toThrow("ESRCH");
  });

  it("is killed when the stage is over, which is no error", async () => {
    const stop = new AbortController();
    const virtual = benchOf(history, { actor: "load:test", signal: stop.signal });
    const lease = (left: Parameters<LoadSeat["lease"]>[0]) => {
      if ("pid" in left) pids.push(left.pid);
      stop.abort();
    };
    await applyWithK6(virtual, seatWith(deaf, { lease }), job);
    expect(noted("load.generator")).toHaveLength(1);
    expect(noted("load.counted")).toHaveLength(3);
    expect(() => process.kill(pids[0] ?? 0, 0)).toThrow("ESRCH");
  });
});

describe("nothing is started", () => {
  it("where there is no k6: that is noted, and how to bring it", async () => {
    await applyWithK6(bench(), seatWith([]), job, async () => "k6 is not installed");
    expect(history.map(({ action, detail }) => [action, detail])).toEqual([
      ["load.skipped", { because: "k6 is not installed", bring: "npm run setup:k6" }],
    ]);
    expect(pids).toEqual([]);
  });

  it.each<[string, Partial<LoadSeat>, Partial<K6Job>, string]>([
    ["more a second than is allowed", {}, { perSecond: 50_000 }, "at most 20000 a second"],
    ["more identities than there are", {}, { clients: 2 }, "needs 2 identities, and the target gave 1"],
    ["an operator, where there is none", {}, { needsOperator: true }, "gave no operator"],
  ])("that needs %s", async (_what, seat, more, says) => {
    const error = await errorOf(applyWithK6(bench(), seatWith(["exit 0"], seat), { ...job, ...more }));
    expect(error.message).toContain(says);
    expect(pids).toEqual([]);
  });
});
