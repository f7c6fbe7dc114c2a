import type { Bench, LabAddress } from "#contract/bench.ts";
import { code } from "#simulator/coap/code.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe } from "#simulator/coap/probe.ts";
import { askAgain } from "./ask-again.ts";

/** What every CoAP server knows the meaning of (RFC 7252 §7.2). */
const asked = ".well-known/core";

/** Asks for the list of resources; any answer is one, also an error or a RST. Throws where none comes in time. */
export async function askCoap(bench: Bench, at: LabAddress, withinMs: number): Promise<void> {
  await using probe = await openProbe(bench, at);
  const question = { code: code.get, options: pathOptions(asked) };
  const answer = await askAgain(withinMs, (waitMs) => probe.ask(question, waitMs));
  if (answer === undefined) throw new Error(`no answer within ${withinMs} ms`);
}
