import { lookup } from "node:dns/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import type { RunHeader } from "#contract/record.ts";
import type { Report } from "#contract/report.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Scope } from "#contract/scope.ts";
import { guard } from "#engine/guard.ts";
import { realClock } from "#engine/real-clock.ts";
import { run } from "#engine/run.ts";
import { Leases } from "#store/leases.ts";
import { RunDirectory } from "#store/run-directory.ts";
import { openLabCounter } from "./lab-counter.ts";
import { openLabLink } from "./lab-link.ts";
import { progressOf } from "./progress.ts";
import { reapLeftovers } from "./reap-leftovers.ts";
import { type Format, writeReport } from "./report-files.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** What a run needs beside its scenario. */
export interface Execution {
  readonly catalogue: Catalogue;
  readonly terminal: Terminal;
  readonly seed: string;
  /** Folder that run directories are made in. */
  readonly out: string;
  readonly formats: readonly Format[];
  /** The line that runs the same again. */
  readonly command: string;
  readonly scope?: Scope;
  /** Aborts when the user ends the run. */
  readonly signal: AbortSignal;
  /** Hears every observation as it is recorded. */
  readonly watch?: (seen: Observation) => void;
}

/** A run that came to an end, judged and written. */
export interface Executed {
  readonly report: Report;
  readonly directory: string;
  /** The files of the report, relative to the directory. */
  readonly files: readonly string[];
}

/** What stands for the product of a target until it runs. A run that ends with it has nothing to keep. */
const notStarted = "not started";

/** Where leases of child processes are kept between runs. */
const leaseDirectory = join(tmpdir(), `seatrial-${process.getuid?.() ?? userInfo().username}`, "leases");

/**
 * Runs a scenario, keeps its record, judges it and writes the report. A run that breaks or is ended leaves a readable
 * record and an inconclusive report behind before the error is thrown on.
 */
export async function execute(scenario: Scenario, execution: Execution): Promise<Executed> {
  const { terminal, seed, out, command, scope, catalogue } = execution;
  await reapLeftovers(leaseDirectory, terminal);
  const startedAt = new Date();
  let header: RunHeader = headerOf(scenario, { seed, command, startedAt, ...(scope && { scope }) });
  const broken = new AbortController();
  const signal = AbortSignal.any([execution.signal, broken.signal]);
  const epochUs = BigInt(startedAt.getTime()) * 1_000n;
  const began = process.hrtime.bigint();
  const nowUs = () => epochUs + (process.hrtime.bigint() - began) / 1_000n;
  const directory = RunDirectory.create(out, header, nowUs, (error) => broken.abort(error));
  const conclude = (state: RunHeader["state"], ended?: RunHeader["ended"]) => {
    header = { ...header, state, endedAt: new Date().toISOString(), ...(ended && { ended }) };
    directory[Symbol.dispose]();
    directory.writeHeader(header);
    return writeReport(directory.path, catalogue, execution.formats);
  };
  const progress = progressOf(terminal);
  using leases = new Leases(leaseDirectory, header.id);
  try {
    await run(scenario, {
      clock: realClock(),
      signal,
      seed,
      runId: header.id,
      claim: guard(addressesOf, startedAt.toISOString(), scope),
      lease: (child) => leases.take(child),
      journal: (seen) => {
        directory.journal(seen);
        progress(seen);
        execution.watch?.(seen);
      },
      wireFor: (actor) => directory.evidence.wireFor(actor),
      openLink: openLabLink,
      openCounter: openLabCounter,
      folderFor: (unit) => directory.folderFor(unit),
      keep: (unit, name, content) => directory.keep(unit, name, content),
      environment: process.env,
      onTarget: (facts) => {
        header = { ...header, target: facts };
        directory.writeHeader(header);
      },
    });
  } catch (error) {
    if (header.target.product === notStarted) {
      directory[Symbol.dispose]();
      directory.remove();
      throw error;
    }
    const ended =
      error instanceof LabError
        ? { code: error.code, message: error.message }
        : { code: "E_FAULT", message: String(error) };
    try {
      conclude(ended.code === "E_INTERRUPTED" ? "aborted" : "failed", ended);
      terminal.line(`What was recorded up to then is in ${directory.path}`);
    } catch (second) {
      terminal.fault(second);
    }
    throw error;
  }
  return { ...conclude("completed"), directory: directory.path };
}

async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new LabError(
      "E_TARGET_UNREACHABLE",
      `${name}: the name cannot be resolved`,
      "Check the spelling of the host.",
      {
        cause,
      },
    );
  }
}

function headerOf(
  scenario: Scenario,
  given: { readonly seed: string; readonly command: string; readonly startedAt: Date; readonly scope?: Scope },
): RunHeader {
  const startedAt = given.startedAt.toISOString();
  const stamp = startedAt.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const suffix = Math.trunc(performance.now() * 1_000)
    .toString(36)
    .slice(-4);
  const { id, title, product, expects, fleets, stages, target, posture } = scenario;
  return {
    format: 1,
    tool: { name: "seatrial", version },
    id: `${stamp}-${id.replaceAll(/[^\w.-]/g, "-")}-${suffix}`,
    seed: given.seed,
    scenario: { id, title },
    state: "running",
    startedAt,
    target: { id: target.id, product: notStarted, fidelity: "simulated", posture },
    fleets: fleets.map(({ device, size, posture: knobs }) => ({ device: device.id, size, posture: knobs })),
    stages: stages.map(stageHeader),
    expects,
    ...(product && { product }),
    command: given.command,
    ...(given.scope && { authorization: { owner: given.scope.owner, expires: given.scope.expires } }),
  };
}

function stageHeader({ name, attacks, disruptions, loads }: Stage): RunHeader["stages"][number] {
  return {
    name,
    attacks: attacks.map(({ attack, parameters }) => ({ id: attack.id, parameters })),
    disruptions: disruptions.map(({ disruption, parameters }) => ({ id: disruption.id, parameters })),
    ...(loads && { loads: loads.map(({ load, parameters }) => ({ id: load.id, parameters })) }),
  };
}
