import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { count, duration } from "#contract/parameters.ts";
import { fuzzCaseText } from "#simulator/fuzz/fuzz-case.ts";
import type { FuzzProtocol, Step } from "#simulator/fuzz/fuzz-protocol.ts";
import { type Finding, fuzz, renewing, replay } from "#simulator/fuzz/fuzz-run.ts";
import { type LifeSign, openUdpFuzzGround } from "#simulator/fuzz/udp-fuzz-ground.ts";

/** Parameters that every fuzzing attack has. */
export const fuzzParameters = {
  cases: count({ atLeast: 10, atMost: 1_000_000 }).default(4_000).describe("sequences to try"),
  lasts: duration({ atLeast: "200ms", atMost: "10m" }).prefault("4s").describe("when it ends, if not before"),
  minimises: duration({ atLeast: "0ms", atMost: "10m" })
    .prefault("15s")
    .describe("how much longer it may take to make findings shorter"),
  perSecond: count({ atLeast: 10, atMost: 20_000 }).default(10_000).describe("datagrams in a second"),
  replays: count({ atLeast: 1, atMost: 100 }).default(5).describe("how often a finding is sent again"),
  silentAfter: duration({ atLeast: "60ms", atMost: "10s" })
    .prefault("900ms")
    .describe("without an answer for so long, in three tries, the target counts as silent"),
  comesBackWithin: duration({ atLeast: "100ms", atMost: "60s" }).prefault("5s").describe("how long it is waited for"),
} as const;

/** {@link fuzzParameters} as they are read; times in milliseconds. */
export interface FuzzParameters {
  readonly cases: number;
  readonly lasts: number;
  readonly minimises: number;
  readonly perSecond: number;
  readonly replays: number;
  readonly silentAfter: number;
  readonly comesBackWithin: number;
}

/** Most time that a fuzzing attack takes, with the replays of all its findings, milliseconds. */
export function fuzzAtMostMs({ lasts, minimises, replays, comesBackWithin, silentAfter }: FuzzParameters): number {
  return lasts + minimises + mostFindings * replays * (2 * comesBackWithin + silentAfter) + 10_000;
}

const endpoints = 48;
const mostLength = 5;
const mostFindings = 3;
const minimiseTrials = 400;

/** Throws where the target shows no sign of life within a few seconds. */
export async function seemsAlive(bench: Bench, at: LabAddress, life: LifeSign): Promise<void> {
  const options = { endpoints: 0, life, silentAfterMs: 1_000, mostPerSecond: 100, isRecorded: true };
  await using ground = await openUdpFuzzGround(bench, at, options);
  if (!(await ground.recovers(5_000))) throw new Error("the target does not answer");
}

/**
 * Fuzzes the target, notes what was done as `fuzz.account` and each finding as `fuzz.finding`, and keeps each finding as
 * a file and, sent again on a recorded wire, as a capture.
 */
export async function fuzzAndKeep(
  bench: Bench,
  ground: Ground,
  protocol: FuzzProtocol,
  life: LifeSign,
  parameters: FuzzParameters,
): Promise<void> {
  const tryUntilMs = bench.clock.nowMs() + parameters.lasts;
  const options = groundOptions(ground, life, parameters);
  await using many = await openUdpFuzzGround(bench, ground.at, { ...options, endpoints, isRecorded: false });
  const { findings, ...sums } = await fuzz(bench, protocol, many, {
    cases: parameters.cases,
    tryUntilMs,
    untilMs: tryUntilMs + parameters.minimises,
    mostLength,
    batch: endpoints,
    mostFindings,
    minimiseTrials,
    replays: 0,
    recoversWithinMs: parameters.comesBackWithin,
  });
  for (const finding of findings) await keep(bench, ground, protocol, life, finding, parameters);
  bench.observe.note("fuzz.account", { protocol: protocol.id, ...sums, findings: findings.length });
}

async function keep(
  bench: Bench,
  ground: Ground,
  protocol: FuzzProtocol,
  life: LifeSign,
  { steps, cameBack, messagesBefore, trials, case: number }: Finding,
  parameters: FuzzParameters,
): Promise<void> {
  const pace = { ...parameters, times: cameBack ? parameters.replays : 0 };
  const { wire, sent, silent } = await replayOnWire(bench, ground, protocol, life, steps, pace);
  const text = fuzzCaseText({
    protocol: protocol.id,
    found: { run: bench.runId, target: ground.facts.id, case: number },
    minimised: { fromMessages: messagesBefore, trials, replays: sent, silent },
    steps,
  });
  const file = bench.keep("fuzz-case.json", text);
  const hex = steps.slice(0, 5).map(({ bytes }) => bytes.toString("hex").slice(0, 200));
  const counts = { messages: steps.length, fromMessages: messagesBefore, trials, replays: sent, silent };
  bench.observe.note("fuzz.finding", { ...counts, cameBack, file, hex }, wire);
}

/** Sends steps again and again, each time to a target that lives, and keeps every datagram as evidence. */
export async function replayOnWire(
  bench: Bench,
  ground: Ground,
  protocol: FuzzProtocol,
  life: LifeSign,
  steps: readonly Step[],
  {
    times,
    ...pace
  }: Pick<FuzzParameters, "silentAfter" | "comesBackWithin" | "perSecond"> & { readonly times: number },
): Promise<{
  readonly sent: number;
  readonly silent: number;
  readonly cameBack: boolean;
  readonly wire: WireReference | undefined;
}> {
  const speakers = 1 + Math.max(...steps.map(({ from }) => from));
  const options = { ...groundOptions(ground, life, pace), endpoints: Math.min(speakers, endpoints), isRecorded: true };
  await using recorded = await openUdpFuzzGround(bench, ground.at, options);
  const replays = await replay(renewing(recorded, protocol, bench.random), steps, {
    times,
    recoversWithinMs: pace.comesBackWithin,
    isOver: () => bench.signal.aborted,
  });
  return { ...replays, wire: recorded.reference };
}

function groundOptions(
  { at, revive }: Ground,
  life: LifeSign,
  { silentAfter, perSecond }: Pick<FuzzParameters, "silentAfter" | "perSecond">,
) {
  return {
    life,
    silentAfterMs: silentAfter,
    mostPerSecond: Math.min(perSecond, at.maxRatePerSecond),
    ...(at.host.startsWith("127.") && { sources: sources() }),
    ...(revive && { revive }),
  };
}

/** A loopback address for each endpoint, so that a limit for one source is not what ends the trial. */
function sources(): readonly string[] {
  return Array.from({ length: endpoints }, (_, index) => `127.0.2.${index + 1}`);
}
