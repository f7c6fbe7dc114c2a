import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { code } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { type Heard, openProbe, type Probe } from "#simulator/coap/probe.ts";
import { answerOf, isAllowed } from "./message-answer.ts";
import { openRightful, type RightfulProbe } from "./message-rightful.ts";
import { ownedHost } from "./owned-host.ts";
import { paceFor } from "./pace.ts";
import { askPlain } from "./plain-serving.ts";
import { honestIdentity, honestPath } from "./serving.ts";

/** A datagram, or a few, that the rules of CoAP say something about. */
export interface MessageVector {
  readonly id: string;
  readonly what: string;
  readonly clause: string;
  /** Answers that the clause leaves, as {@link isAllowed} reads them. */
  readonly allow: readonly string[];
  /** Sent in order; the answer to the last one counts. */
  readonly datagrams: readonly Uint8Array[];
  /** What a response must repeat; not looked at where it is absent. */
  readonly token?: Uint8Array;
}

/** Vectors that are sent at once, each from a socket of its own; then an innocent bystander must be answered. */
export const batchSize = 8;

const bystanderTries = 3;
const bystanderWaitMs = 700;

/** Most time that {@link sendVectors} takes. */
export function vectorsAtMostMs(count: number, windowMs: number): number {
  return (count / batchSize + 2) * (2 * windowMs + 1_000) + 15_000;
}

/**
 * Sends each vector from a fresh socket, in batches; after each batch a bystander must be answered on the socket (and in
 * the DTLS session, where there is one) that it has had since before the first, or no more is sent.
 * Each is one attempt at `vector`: refused where it was rejected, ok where it was carried out, unknown where nothing came.
 */
export async function sendVectors(
  bench: Bench,
  ground: Ground,
  chosen: readonly MessageVector[],
  windowMs: number,
): Promise<void> {
  const planned = inOrder(chosen);
  bench.observe.note("vectors", { planned: planned.map((vector) => vector.id) });
  await using bystander = await openRightful(bench, ground, honestIdentity(ground));
  const turn = paceFor(bench, ground.at);
  for (let from = 0; from < planned.length; from += batchSize) {
    bench.signal.throwIfAborted();
    const batch = planned.slice(from, from + batchSize);
    for (const _ of batch) await turn();
    await Promise.all(batch.map((vector, n) => provoke(bench, ground, vector, windowMs, from + n)));
    if (!(await isServed(bench, ground, bystander, batch))) return askAsNewcomer(bench, ground, batch);
  }
}

/**
 * Those that must be answered first: only batches with others last as long as the window. What works on the state of a
 * server, not on its parser, comes last, so that its end does not hide the others.
 */
function inOrder(chosen: readonly MessageVector[]): readonly MessageVector[] {
  const rank = (vector: MessageVector) => (vector.datagrams.length > 1 ? 2 : mayBeSilent(vector) ? 1 : 0);
  return chosen.toSorted((one, other) => rank(one) - rank(other));
}

function mayBeSilent({ allow }: MessageVector): boolean {
  return isAllowed("silent", allow);
}

async function provoke(
  bench: Bench,
  { at }: Ground,
  vector: MessageVector,
  windowMs: number,
  n: number,
): Promise<void> {
  const { id, what, clause, allow, datagrams, token } = vector;
  await using probe = await openProbe(bench, at, ownedHost(at, n));
  await bench.observe.attempt("vector", { id, what, clause, allow }, async (trace) => {
    trace.wire(probe.reference);
    const heard = await answerToLast(probe, datagrams, windowMs, mayBeSilent(vector));
    // What was cut short by the end of the stage is no silence.
    bench.signal.throwIfAborted();
    const answer = answerOf(heard, token);
    trace.detail({ answer });
    if (heard === undefined) throw new Error(`nothing came within ${windowMs} ms`);
    if (answer === "rst" || /^[45]/.test(answer)) throw new Refused(answer, `rejected by ${answer}`);
  });
}

async function answerToLast(
  probe: Probe,
  datagrams: readonly Uint8Array[],
  windowMs: number,
  isFinal: boolean,
): Promise<Heard | undefined> {
  const last = datagrams.at(-1) ?? new Uint8Array();
  for (const bytes of datagrams.slice(0, -1)) {
    const since = probe.heard.length;
    probe.send(bytes);
    await probe.hear(windowMs, () => true, since);
  }
  const since = probe.heard.length;
  probe.send(last);
  const heard = await probe.hear(windowMs, () => true, since);
  if (heard !== undefined || isFinal) return heard;
  // An answer is due: the datagram or its answer may have been lost.
  probe.send(last);
  return probe.hear(windowMs, () => true, since);
}

/** One attempt at `bystander`; refused is nobody's word here, so it is ok or unknown. */
async function isServed(
  bench: Bench,
  ground: Ground,
  { probe, isSecure }: RightfulProbe,
  batch: readonly MessageVector[],
): Promise<boolean> {
  const detail = { after: batch.map(({ id }) => id), isSecure };
  const seen = await bench.observe.attempt("bystander", detail, async (trace) => {
    trace.wire(probe.reference);
    const question = { code: code.get, options: pathOptions(honestPath(ground)) };
    for (let n = 0; n < bystanderTries && !bench.signal.aborted; n += 1) {
      if ((await probe.ask(question, bystanderWaitMs)) !== undefined) return;
    }
    trace.detail({ isCutShort: bench.signal.aborted });
    throw new Error(`${bystanderTries} requests were not answered`);
  });
  return seen.phase === "ok";
}

async function askAsNewcomer(bench: Bench, ground: Ground, batch: readonly MessageVector[]): Promise<void> {
  bench.signal.throwIfAborted();
  await bench.observe.attempt("newcomer", { after: batch.map(({ id }) => id) }, async (trace) => {
    const answer = await askPlain(bench, ground);
    trace.detail({ isCutShort: bench.signal.aborted });
    if (answer === undefined) throw new Error("three fresh requests were not answered");
  });
}
