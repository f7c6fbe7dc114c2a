import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { type Launch, notesOf } from "#contract/judging.ts";
import { code } from "#simulator/coap/code.ts";
import { mustServe } from "./access-serving.ts";
import { honestPath } from "./serving.ts";
import { askByTcp, openTcpProbe, plainCsm } from "./tcp-probe.ts";

export const tcpAnswerWithinMs = 2_000;

/** The listener for CoAP over TCP without TLS; undefined where there is none. */
export function tcpAt({ at, listeners }: Pick<Ground, "at" | "listeners">): LabAddress | undefined {
  return [at, ...listeners].find(({ scheme }) => scheme === "coap+tcp");
}

/**
 * For control and recovery: a rightful client is served, and over TCP a request is answered, if only by an error. Throws
 * where not. Where there is no TCP the former will do.
 */
export async function expectTcpServed(bench: Bench, ground: Ground): Promise<void> {
  await mustServe(bench, ground, tcpAnswerWithinMs);
  const at = tcpAt(ground);
  if (at === undefined) return;
  await using probe = await openTcpProbe(bench, at);
  probe.send(plainCsm);
  const ask = { method: code.get, path: honestPath(ground), token: "ok" };
  if ((await askByTcp(probe, ask, tcpAnswerWithinMs)) === undefined)
    throw new Error("a request over TCP got no answer");
}

/** Says in the history that there is no TCP; checks answer not-applicable then. */
export function noteNoTcp(bench: Bench): void {
  bench.observe.note("no-tcp");
}

/** The answer of every check about TCP where there is none. */
export function noTcpIn({ during }: Launch): Answer | undefined {
  const notes = notesOf(during.attack, "no-tcp");
  if (notes.length === 0) return undefined;
  const says = "the target is not known to speak CoAP over TCP";
  return { verdict: "not-applicable", says, evidence: notes.map(({ seq }) => seq) };
}
