import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { LoadSeat, LoadSecond } from "#contract/load.ts";
import { environmentOf, parametersOf } from "./command.ts";
import { bringK6, findK6, type K6Program } from "./find-k6.ts";
import type { K6Image } from "./find-k6-image.ts";
import { healthOf } from "./generator-health.ts";
import { gracefulMs, type K6Job } from "./job.ts";
import type { K6Child } from "./k6-child.ts";
import { launchK6 } from "./launch-k6.ts";
import { Measurements, wantedMetrics } from "./measurements.ts";
import { noteCounts } from "./note-counts.ts";
import { ProcessorUse } from "./processor-use.ts";
import { sampleOf } from "./sample.ts";
import { writeSettings } from "./script-settings.ts";
import { Seconds } from "./seconds.ts";
import { openSecretFolder } from "./secret-folder.ts";
import { settledTally, tallyNow } from "./settled-tally.ts";
import { readSummary, thresholdsIn, valuesIn } from "./summary.ts";

const lookEveryMs = 1_000;
/** From being asked to end until being killed; k6 sums up within a few tenths of it, and Docker removes its container. */
const endsWithinMs = { program: 2_000, container: 4_000 };
/** Starting a few hundred virtual users takes k6 a second or two, its report at the end less. */
const overheadMs = 15_000;
/** k6 gives a WebSocket that gets no answer so long, and nothing ends it sooner; a target that is frozen keeps k6 waiting. */
const handshakeMs = 60_000;
const tallySettlesWithinMs = 3_000;
const dashboardName = "k6-dashboard.html";

/** How a k6 came to its end. */
interface Ending {
  /** The stage ended, or the user ended it. */
  readonly cut: boolean;
  /** It did not end when it should have, so it was killed and summed nothing up. */
  readonly killed: boolean;
}

/**
 * Runs a script of k6 and writes all notes of a load. Where there is no k6, that is the only thing noted.
 * Throws E_GENERATOR where k6 breaks, E_LIMIT where the address allows less, E_CAPABILITY_MISSING without operator.
 */
export async function applyWithK6(bench: Bench, seat: LoadSeat, job: K6Job, find = findK6): Promise<void> {
  const { observe, signal } = bench;
  assertAllowed(seat, job);
  const program = await find(seat.environment);
  if (typeof program === "string") {
    observe.note("load.skipped", { because: program, bring: bringK6 });
    return;
  }
  const before = { target: await tallyNow(seat.tally), lab: seat.counted() };
  if (signal.aborted) return;
  const measured = new Measurements();
  const ending = await runScript(bench, seat, job, program, measured);
  const after = { target: await settledTally(bench, tallySettlesWithinMs, seat.tally), lab: seat.counted() };
  noteCounts(observe, measured, before, after, ending.cut);
}

function assertAllowed({ at, identities }: LoadSeat, { perSecond, clients }: K6Job): void {
  if (perSecond > at.maxRatePerSecond) {
    const says = `the load does ${perSecond} a second, but at most ${at.maxRatePerSecond} a second are allowed there`;
    throw new LabError("E_LIMIT", says, "Ask for a lower rate or fewer clients, or raise the limit in the scope file.");
  }
  if (identities.length < clients) {
    const says = `the load needs ${clients} identities, and the target gave ${identities.length}`;
    throw new LabError("E_LIMIT", says, "Ask for fewer clients, or add devices to the identities file.");
  }
}

async function runScript(
  bench: Bench,
  seat: LoadSeat,
  job: K6Job,
  program: K6Program | K6Image,
  measured: Measurements,
): Promise<Ending> {
  const { observe, clock } = bench;
  await using secrets = await openSecretFolder(seat.lease);
  const { settings, summary } = await writeSettings(secrets, seat, job, bench.random);
  const configuration = await secrets.write("k6.json", {});
  const authority = seat.at.ca === undefined ? undefined : await secrets.writeText("authority.pem", seat.at.ca);
  await mkdir(seat.folder, { recursive: true });
  const dashboard = join(seat.folder, dashboardName);
  const seconds = new Seconds(clock.nowMs());
  const endWithinMs = endsWithinMs["image" in program ? "container" : "program"];
  await using k6 = await launchK6(program, {
    script: job.script,
    parameters: parametersOf(job.script, settings, configuration),
    environment: environmentOf(secrets.path(""), dashboard, authority),
    folders: [secrets.path(""), seat.folder],
    clients: job.clients,
    runId: bench.runId,
    mark: bench.random.hex(4),
    lease: seat.lease,
    clock,
    onLine(line) {
      const sample = sampleOf(line, wantedMetrics);
      if (sample === undefined) return;
      seconds.take(sample, clock.nowMs());
      measured.take(sample);
    },
  });
  noteStart(bench, program, job);
  const cores: number[] = [];
  const ending = await watch(bench, k6, job, seconds, cores, endWithinMs);
  noteSeconds(bench, seconds.finish(clock.nowMs()));
  await noteSummary(bench, summary, job);
  if (existsSync(dashboard)) observe.note("load.dashboard", { path: `${seat.folderInRun}/${dashboardName}` });
  const { exceptions, firstException } = k6.stderr;
  const health = healthOf({
    iterations: measured.sum("iterations"),
    dropped: measured.sum("dropped_iterations"),
    cores,
    availableCores: availableParallelism(),
    late: measured.late,
    notBegun: measured.sum("load_not_begun"),
    exceptions,
    ...(firstException !== undefined && { firstException }),
    killed: ending.killed,
  });
  observe.note("load.generator", { ...health, ...(health.cores && { cores: { ...health.cores } }) });
  if (!ending.cut && !ending.killed) assertWorked(k6, program);
  return ending;
}

function noteStart({ observe }: Bench, k6: K6Program | K6Image, { clients, lastsMs }: K6Job): void {
  const image = "image" in k6 && { image: k6.image };
  observe.note("load.started", { program: "k6", version: k6.version, ...image, clients, lastsMs });
}

/** Notes second by second until k6 has ended: by itself, with its stage, or because it takes far too long. */
async function watch(
  { clock, signal, observe }: Bench,
  k6: K6Child,
  { lastsMs }: K6Job,
  seconds: Seconds,
  cores: number[],
  endWithinMs: number,
): Promise<Ending> {
  const use = new ProcessorUse(() => k6.pid);
  const hungAtMs = clock.nowMs() + lastsMs + Math.max(gracefulMs, handshakeMs) + overheadMs;
  const look = AbortSignal.any([signal, k6.ended]);
  use.look(clock.nowMs());
  while (!look.aborted && clock.nowMs() < hungAtMs) {
    await clock.sleep(lookEveryMs, look);
    const nowMs = clock.nowMs();
    const used = look.aborted ? undefined : use.look(nowMs);
    if (used !== undefined) {
      cores.push(used);
      seconds.used(used, nowMs);
    }
    noteSeconds({ observe }, seconds.through(nowMs));
  }
  const cut = signal.aborted && k6.exit === undefined;
  const killed = k6.ended.aborted ? false : await k6.end(endWithinMs);
  return { cut, killed };
}

function noteSeconds({ observe }: Pick<Bench, "observe">, through: readonly LoadSecond[]): void {
  for (const second of through) {
    const operations = Object.fromEntries(
      Object.entries(second.operations).map(([name, count]) => [name, { ...count }]),
    );
    observe.note("load.second", { ...second, operations });
  }
}

async function noteSummary({ observe }: Bench, path: string, job: K6Job): Promise<void> {
  const summary = await readSummary(path);
  if (summary === undefined) return;
  for (const threshold of thresholdsIn(summary, job.thresholds)) observe.note("load.threshold", { ...threshold });
  for (const { name, passes, fails } of summary.root_group.checks) observe.note("load.check", { name, passes, fails });
  observe.note("load.summary", { metrics: valuesIn(summary) });
}

/** k6 ends with 99 where a threshold was crossed, which is an answer and no failure. */
const answers = new Set([0, 99]);

function assertWorked({ exit, stderr }: K6Child, k6: K6Program | K6Image): void {
  if (exit !== undefined && exit.code !== null && answers.has(exit.code)) return;
  const where = "image" in k6 ? k6.image : k6.path;
  const how =
    exit?.code === null || exit === undefined ? `was ended by ${exit?.signal ?? "nobody"}` : `ended with ${exit.code}`;
  throw new LabError(
    "E_GENERATOR",
    `k6 ${k6.version} (${where}) ${how}:\n${stderr.last}`,
    `Loads are tried with the k6 that this brings: ${bringK6}. One that was killed may have had too little memory: ask for fewer clients.`,
  );
}
